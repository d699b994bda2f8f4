/** The short version of the storms: workers killed at random, Redis killed under load, a POST that the network delivers late. */
import { expect, test } from 'vitest';
import { chaosSetting } from './chaos-setting.ts';
import { kills } from './parts/kills.ts';
import { people } from './parts/people.ts';
import { redis } from './parts/redis.ts';
import { upstream } from './parts/upstream.ts';

test('workers killed at random moments lose nothing, and no prompt is paid twice', { timeout: 240_000 }, async () => {
  const result = await kills(await chaosSetting(3), { kills: 15, generations: 60, takeOvers: false });
  expect(result.findings).toEqual([]);
  expect(result.figures['generations']).toBeGreaterThanOrEqual(60);
});

test('what people ask for while workers and APIs are killed is done once, is paid only where they said so, and they are told the truth', { timeout: 240_000 }, async () => {
  const result = await people(await chaosSetting(6), { acts: 40 });
  expect(result.findings).toEqual([]);
  expect(result.figures['generations']).toBeGreaterThanOrEqual(10);
});

test('Redis killed and started again from its file loses nothing that was acknowledged, and a paid answer in hand outlives the stop', { timeout: 240_000 }, async () => {
  const result = await redis(await chaosSetting(4), { kills: 3, freezeMs: 0, halfOpen: false });
  expect(result.findings).toEqual([]);
  expect(result.figures).toMatchObject({ 'acknowledged and lost': 0, 'rescue files written and replayed': 1 });
});

test('a POST that the network delivers after our time-out is found, and paid for once', { timeout: 240_000 }, async () => {
  const result = await upstream(await chaosSetting(5), { generations: 0, outageMs: 0, outages: [], width: 4 });
  expect(result.findings).toEqual([]);
});
