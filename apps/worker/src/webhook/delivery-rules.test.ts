import { expect, test } from 'vitest';
import { DELIVERY_RULES, nextTry } from './delivery-rules.ts';

test('twelve tries over twenty-four hours, and then it is given up', () => {
  const waits = Array.from({ length: 11 }, (_, at) => nextTry(DELIVERY_RULES, at + 1, 0, 0.5) ?? 0);
  const hours = waits.reduce((sum, ms) => sum + ms, 0) / 3_600_000;
  expect(hours).toBeGreaterThanOrEqual(24);
  expect(hours).toBeLessThan(25);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(nextTry(DELIVERY_RULES, 12)).toBeNull();
});

test('no two waits are the same, within a fifth; and a receiver that asks for more time gets it', () => {
  expect([nextTry(DELIVERY_RULES, 1, 0, 0), nextTry(DELIVERY_RULES, 1, 0, 1)]).toEqual([4_000, 6_000]);
  expect(nextTry(DELIVERY_RULES, 1, 90_000)).toBe(90_000);
  expect(nextTry(DELIVERY_RULES, 11, 1_000, 0.5)).toBe(7 * 3_600_000);
});
