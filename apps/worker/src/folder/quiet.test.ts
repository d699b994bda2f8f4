import { expect, test } from 'vitest';
import { quietMs, restMs } from './quiet.ts';

test('the writing takes a twentieth of the time, others wait half a minute for it at most, and a huge folder is written for a fifth of the time', () => {
  expect([quietMs(2_000, 500), restMs(2_000, 500)]).toEqual([10_000, 10_000]);
  expect([quietMs(300_000, 74_000), restMs(300_000, 74_000)]).toEqual([30_000, 296_000]);
  expect([quietMs(10, 74_000), restMs(10, 74_000)], 'a wait for Redis').toEqual([1_000, 1_000]);
  expect(restMs(100_000, 600_000), 'a wait for Redis in a huge folder').toBe(400_000);
});
