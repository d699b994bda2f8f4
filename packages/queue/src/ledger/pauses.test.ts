import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { shardOf } from '../shards/routing.ts';
import { pauses, pollPauseTotal, resume } from './pauses.ts';

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
