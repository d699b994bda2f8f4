/**
 * The law of a request that costs nothing: a kept-alive connection, one exchange, never a redirect, and any failure may simply be tried again later.
 */
import type { Dispatcher } from 'undici';
import { ProviderError } from '../provider-error.ts';
import { BrokenExchange, exchange } from './exchange.ts';
import type { UpstreamAnswer, UpstreamRequest } from './upstream-http.ts';

export async function freeRequest(
  pool: Dispatcher,
  request: UpstreamRequest,
  options: { timeoutMs: number; maxBytes: number },
): Promise<UpstreamAnswer> {
  const { origin } = new URL(request.url);
  try {
    return await exchange(pool, request, {
      ...options,
      maySend: () => true,
      abortAfterSend: true,
      // The pool closes the connection when the exchange is aborted. How it ends does not matter for a free request.
      cut: () => false,
      closeConnection: false,
    });
  } catch (error) {
    throw error instanceof BrokenExchange ? meaning(error, origin, options.timeoutMs) : error;
  }
}

function meaning({ reason, code, sent }: BrokenExchange, origin: string, timeoutMs: number): ProviderError {
  if (reason === 'aborted') return new ProviderError('aborted', `The request to ${origin} was stopped.`);
  const why = {
    timeout: `no answer within ${timeoutMs} ms`,
    'too-large': 'the answer was too large',
    'too-late': 'it was not sent',
    network: code ?? 'the connection broke',
  }[reason];
  const kind = sent ? 'protocol' : code === 'UND_ERR_INVALID_ARG' ? 'configuration' : 'unavailable';
  return new ProviderError(kind, `${origin} could not be asked: ${why}.`, { code });
}
