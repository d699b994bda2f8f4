import type { Dispatcher } from 'undici';
import { expect, it, vi } from 'vitest';
import { type BrokenExchange, exchange } from './exchange.ts';

const REQUEST = { method: 'POST', url: 'https://upstream.example/', headers: {} } as const;
const OPTIONS = { timeoutMs: 5_000, maxBytes: 10, maySend: () => true, abortAfterSend: false, cut: () => false, closeConnection: true };

/** Sends, and then breaks with this. */
function broken(code: string): Promise<BrokenExchange> {
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler): boolean => {
    const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
    handler.onRequestStart?.(controller, {});
    handler.onResponseError?.(controller, Object.assign(new Error(code), { code }));
    return true;
  };
  return exchange({ dispatch } as unknown as Dispatcher, REQUEST, OPTIONS).then(
    () => expect.fail('it was answered'),
    (error: BrokenExchange) => error,
  );
}

it.each([['ECONNRESET', true], ['UND_ERR_SOCKET', true], ['ETIMEDOUT', false], ['EHOSTUNREACH', false]])('a sent request that breaks with %s has an end that was seen: %s', async (code, endSeen) => {
  expect(await broken(code)).toMatchObject({ sent: true, endSeen });
});

it('asks once whether it may send, and aborts what would be sent a second time', async () => {
  const abort = vi.fn();
  const maySend = vi.fn(() => true);
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler): boolean => {
    const controller = { abort } as unknown as Dispatcher.DispatchController;
    handler.onRequestStart?.(controller, {});
    expect(abort).not.toHaveBeenCalled();
    handler.onRequestStart?.(controller, {});
    handler.onResponseEnd?.(controller, {});
    return true;
  };
  await exchange({ dispatch } as unknown as Dispatcher, REQUEST, { ...OPTIONS, maySend });
  expect([abort.mock.calls.length, maySend.mock.calls.length]).toEqual([1, 1]);
});
