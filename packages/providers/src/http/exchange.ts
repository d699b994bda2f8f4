/**
 * One HTTP exchange over an undici dispatcher: sends once, collects the answer, and when it breaks says exactly how far it got.
 *
 * It never follows a redirect, never sends twice, and judges nothing: what a broken exchange means is said by the paid and the free law.
 */
import type { Dispatcher } from 'undici';
import type { UpstreamAnswer, UpstreamRequest } from './upstream-http.ts';

export interface ExchangeOptions {
  timeoutMs: number;
  maxBytes: number;
  /** Asked once, after connecting and before the first byte. False: not a byte is sent. */
  maySend: () => boolean;
  /** Whether an abort (`request.signal`) still ends the exchange after bytes have left. */
  abortAfterSend: boolean;
  /** Ends the connection at once. Answers true when the peer is certain to learn of it (RST). */
  cut: () => boolean;
  /** A fresh connection each time: tell the peer not to keep it. */
  closeConnection: boolean;
}

export class BrokenExchange extends Error {
  override readonly name = 'BrokenExchange';
  /** Whether bytes of the request may have left. */
  readonly sent: boolean;
  readonly reason: 'timeout' | 'aborted' | 'too-late' | 'too-large' | 'network';
  readonly code: string | undefined;
  /** Whether the exchange has certainly ended, by our reset or by the peer's. */
  readonly endSeen: boolean;

  constructor(reason: BrokenExchange['reason'], details: { sent: boolean; endSeen: boolean; code?: string | undefined }) {
    super(reason);
    this.reason = reason;
    this.sent = details.sent;
    this.endSeen = details.endSeen;
    this.code = details.code;
  }
}

export function exchange(dispatcher: Dispatcher, request: UpstreamRequest, options: ExchangeOptions): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    let sent = false;
    let settled = false;
    let status = 0;
    let headers: UpstreamAnswer['headers'] = {};
    let size = 0;
    const chunks: Buffer[] = [];
    let abort: (() => void) | undefined;

    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      finish();
    };
    /** Ends the exchange from our side. The connection is cut first, so that nothing more can leave. */
    const stop = (reason: BrokenExchange['reason']): void => {
      settle(() => {
        const reset = options.cut();
        abort?.();
        reject(new BrokenExchange(reason, { sent, endSeen: reset }));
      });
    };
    const onAbort = (): void => {
      if (!sent || options.abortAfterSend) stop('aborted');
    };
    const timer = setTimeout(() => stop('timeout'), options.timeoutMs);
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted) return stop('aborted');

    const url = new URL(request.url);
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        reset: options.closeConnection,
      },
      {
        // undici calls this when the connection is up and nothing is written yet; an abort in here writes nothing.
        onRequestStart(controller) {
          abort = () => controller.abort(new Error('ended by us'));
          // A second start would mean that undici sends the request again by itself. That must never happen.
          if (settled || sent) return abort();
          if (!options.maySend()) return stop('too-late');
          sent = true;
        },
        onResponseStart(_controller, statusCode, responseHeaders) {
          status = statusCode;
          headers = { ...responseHeaders };
        },
        onResponseData(_controller, chunk) {
          size += chunk.length;
          if (size > options.maxBytes) stop('too-large');
          else chunks.push(chunk);
        },
        onResponseEnd() {
          settle(() => resolve({ status, headers, text: Buffer.concat(chunks).toString('utf8') }));
        },
        onResponseError(_controller, error) {
          const code = codeOf(error);
          settle(() => reject(new BrokenExchange('network', { sent, code, endSeen: code !== undefined && END_SEEN.has(code) })));
        },
      },
    );
  });
}

/** The peer ended the connection, or answered something that is not HTTP. A dead route (ETIMEDOUT, EHOSTUNREACH) does not show that it ended. */
const END_SEEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function codeOf(error: Error): string | undefined {
  if (error.name === 'HTTPParserError') return 'UND_ERR_SOCKET';
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
