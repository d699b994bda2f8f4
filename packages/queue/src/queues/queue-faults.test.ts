import { afterEach, expect, test, vi } from 'vitest';
import { tellQueueFaults } from './queue-faults.ts';

afterEach(() => vi.useRealTimers());

test('the same words about a queue are said once a minute, and other words at once', () => {
  vi.useFakeTimers();
  const said: object[] = [];
  const tell = tellQueueFaults({ warn: (fields) => said.push(fields) }, 'luma-poll');
  const away = { queue: 'luma-poll', error: 'connect ECONNREFUSED' };
  const denied = { queue: 'luma-poll', error: 'NOPERM' };

  for (let second = 0; second < 60; second += 1) {
    tell(new Error(away.error));
    if (second === 30) tell(new Error(denied.error));
    vi.advanceTimersByTime(1_000);
  }
  expect(said).toEqual([away, denied]);
  tell(new Error(away.error));
  tell(new Error(denied.error));
  expect(said).toEqual([away, denied, away]);
});
