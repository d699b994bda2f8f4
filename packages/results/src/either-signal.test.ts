import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { eitherSignal } from './either-signal.ts';

test('it aborts with the first of several, for the same reason, at once where one has aborted before', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const either = eitherSignal(first.signal, second.signal);
  expect(either.signal.aborted).toBe(false);
  second.abort('the stop');
  expect([either.signal.aborted, either.signal.reason]).toEqual([true, 'the stop']);
  expect(eitherSignal(first.signal, second.signal).signal.reason).toBe('the stop');
});

test('once it is let go it hears no more, and nothing of it stays', () => {
  const stopping = new AbortController();
  const either = eitherSignal(stopping.signal);
  either.letGo();
  expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(0);
  stopping.abort();
  expect(either.signal.aborted).toBe(false);
});
