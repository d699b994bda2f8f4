import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { shardOf } from '../shards/routing.ts';
import { pause, pauses, pollPauseTotal, resume } from './pauses.ts';

const SHARED = 'acedata@http://127.0.0.1:1';
const HOUR = 3_600_000;

test('whoever of a shared account is resumed, the deadlines of all who share it have waited while its polls were paused', async () => {
  const { store } = openTestLedger();
  const shard = shardOf(store, SHARED);
  await shard.redis.hset(shard.keys.pauses, `account:${SHARED}`, `${Date.now() - HOUR}|1|auth|the key is not accepted`);
  expect(await resume(store, 'hailuo', [SHARED])).toEqual([`account:${SHARED}`]);
  expect(await pauses(store)).toEqual([]);
  for (const provider of ['hailuo', 'pika', 'luma'] as const) expect(await pollPauseTotal(shard, provider), provider).toBeGreaterThan(HOUR - 60_000);
  for (const provider of ['allegro', 'kling'] as const) expect(await pollPauseTotal(shard, provider), provider).toBe(0);
});

test('a pause of one provider puts off the deadlines of that one alone', async () => {
  const { store } = openTestLedger();
  for (const { redis, keys } of store.shards) await redis.hset(keys.pauses, 'operator:luma', `${Date.now() - HOUR}|1|operator|lunch`);
  await resume(store, 'luma', [SHARED]);
  const shard = shardOf(store, SHARED);
  expect(await pollPauseTotal(shard, 'luma')).toBeGreaterThan(HOUR - 60_000);
  expect(await pollPauseTotal(shard, 'pika')).toBe(0);
});

test('polls that several pauses held at the same time have waited once', async () => {
  const { store } = openTestLedger();
  const shard = shardOf(store, SHARED);
  const since = (hours: number): string => `${Date.now() - hours * HOUR}|1|auth|shut`;
  const hours = async (): Promise<number> => Math.round((await pollPauseTotal(shard, 'luma')) / HOUR);

  await shard.redis.hset(shard.keys.pauses, `account:${SHARED}`, since(6), `provider:${SHARED}:luma`, since(10));
  for (const { redis, keys } of store.shards) await redis.hset(keys.pauses, 'operator:luma', since(8));
  await resume(store, 'luma', [SHARED]);
  expect(await hours()).toBe(10);
  expect(Math.round((await pollPauseTotal(shard, 'pika')) / HOUR)).toBe(6);

  // The one within the other, ended before it.
  await shard.redis.hset(shard.keys.pauses, `account:${SHARED}`, since(4), `provider:${SHARED}:luma`, since(7));
  await resume(store, 'pika', [SHARED]);
  expect(await hours(), 'the longer one still stands').toBe(10);
  await resume(store, 'luma', []);
  expect(await hours()).toBe(17);
});

test('what a pause has held before another one began counts when it ends, though the other one still stands', async () => {
  const { store } = openTestLedger();
  const shard = shardOf(store, SHARED);
  await shard.redis.hset(shard.keys.pauses, `account:${SHARED}`, `${Date.now() - 5 * HOUR}|1|auth|shut`, `provider:${SHARED}:luma`, `${Date.now() - 2 * HOUR}|1|configuration|shut`);
  await resume(store, 'hailuo', [SHARED]);
  expect(Math.round((await pollPauseTotal(shard, 'luma')) / HOUR)).toBe(3);
  expect(Math.round((await pollPauseTotal(shard, 'hailuo')) / HOUR)).toBe(5);
});

test('a pause of polls takes the place of one that holds submits alone, and not the other way round', async () => {
  const { store } = openTestLedger();
  const scope = `account:${SHARED}`;
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toBeNull();
  expect(await pause(store, scope, { reason: 'no key', kind: 'auth', polls: true })).toBeNull();
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toEqual({ reason: 'no key', polls: true });
  expect(await pauses(store)).toMatchObject([{ scope, reason: 'no key', polls: true }]);
});
