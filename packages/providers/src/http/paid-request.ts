/**
 * The law of a request that costs money: a fresh connection, one exchange, never a redirect, never a retry.
 *
 * Its errors know only two answers. Nothing was sent: `unavailable` (or `aborted`). Anything else: `ambiguous`.
 */
import { type buildConnector, Client } from 'undici';
import { ProviderError } from '../provider-error.ts';
import { BrokenExchange, exchange } from './exchange.ts';
import { freshConnection } from './fresh-connection.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream-http.ts';

export async function paidRequest(
  request: UpstreamRequest & { maySend: () => boolean },
  options: { timeoutMs: number; maxBytes: number; tls: buildConnector.BuildOptions },
): Promise<UpstreamAnswer> {
  const { origin } = new URL(request.url);
  const connection = freshConnection(options.tls);
  // The time-outs are ours: undici's own would close the socket where we must reset it.
  const client = new Client(origin, { connect: connection.connect, headersTimeout: 0, bodyTimeout: 0 });
  try {
    return await exchange(client, request, {
      timeoutMs: options.timeoutMs,
      maxBytes: options.maxBytes,
      maySend: request.maySend,
      // A graceful stop waits for the answer: an abort after the send would turn a paid video into a question.
      abortAfterSend: false,
      cut: () => connection.reset(),
      closeConnection: true,
    });
  } catch (error) {
    throw error instanceof BrokenExchange ? meaning(error, origin, options.timeoutMs) : error;
  } finally {
    await client.destroy(OVER);
  }
}

/** Made once, because undici creates an error with a stack for each client that is destroyed without one. Nobody sees it: the exchange is over. */
const OVER = new Error('the exchange is over');

function meaning(broken: BrokenExchange, origin: string, timeoutMs: number): ProviderError {
  const { reason, code, endSeen } = broken;
  if (broken.sent) {
    const what = { timeout: `no answer from ${origin} within ${timeoutMs} ms`, 'too-large': `the answer of ${origin} was too large` };
    const how = reason === 'timeout' || reason === 'too-large' ? what[reason] : `the connection to ${origin} broke${code ? ` (${code})` : ''}`;
    return new ProviderError('ambiguous', `The request was sent, then ${how}. Nobody knows yet whether it was accepted.`, { code, endSeen });
  }
  if (reason === 'aborted') return new ProviderError('aborted', `Stopped before anything was sent to ${origin}.`);
  if (reason === 'too-late') return new ProviderError('unavailable', `The connection to ${origin} was ready too late. Nothing was sent.`);
  if (code === 'UND_ERR_INVALID_ARG') {
    const remedy = 'Check the API key for line breaks and other odd characters.';
    return new ProviderError('configuration', `The request to ${origin} cannot be written. ${remedy}`, { code });
  }
  const why = reason === 'timeout' ? `no connection within ${timeoutMs} ms` : (code ?? 'no connection');
  return new ProviderError('unavailable', `Could not connect to ${origin}: ${why}. Nothing was sent.`, { code });
}
