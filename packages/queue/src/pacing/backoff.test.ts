import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';

const PACE = { firstPollMs: 120_000, minMs: 5_000, maxMs: 60_000, deadlineMs: 1, missingGraceMs: 1 };

test('pauses grow from the shortest to the longest and stay between the two', () => {
  const pauses = Array.from({ length: 30 }, (_, polls) => backoff(PACE, polls, 0.5));
  expect(pauses[0]).toBe(5_000);
  expect(pauses.at(-1)).toBe(60_000);
  expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
});

test('jitter spreads polls that began together, and never goes below the shortest pause', () => {
  expect(backoff(PACE, 0, 0)).toBe(5_000);
  expect(backoff(PACE, 8, 0)).toBeLessThan(backoff(PACE, 8, 1));
});
