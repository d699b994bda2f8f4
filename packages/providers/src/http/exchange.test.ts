import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { type BrokenExchange, exchange } from './exchange.ts';

/** Sends, and then breaks with this. */
function broken(code: string): Promise<BrokenExchange> {
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler): boolean => {
    const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
    handler.onRequestStart?.(controller, {});
    handler.onResponseError?.(controller, Object.assign(new Error(code), { code }));
    return true;
  };
  const options = { timeoutMs: 5_000, maxBytes: 10, maySend: () => true, abortAfterSend: false, cut: () => false, closeConnection: true };
  return exchange({ dispatch } as unknown as Dispatcher, { method: 'POST', url: 'https://upstream.example/', headers: {} }, options).then(
    () => expect.fail('it was answered'),
    (error: BrokenExchange) => error,
  );
}

it.each([['ECONNRESET', true], ['UND_ERR_SOCKET', true], ['ETIMEDOUT', false], ['EHOSTUNREACH', false]])('a sent request that breaks with %s has an end that was seen: %s', async (code, endSeen) => {
  expect(await broken(code)).toMatchObject({ sent: true, endSeen });
});
