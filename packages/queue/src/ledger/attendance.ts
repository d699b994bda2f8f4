/**
 * Attendance: the queued generations of a batch made by `run` are submitted only while a `run` or `watch` of it is alive,
 * so that a run stopped on purpose is not paid for later by accident.
 */
import type { Store } from './store.ts';

/** A beat lives this long; beat three times as often. */
export const ATTENDANCE_MS = 30_000;

export async function attend(store: Store, batch: string, token: string): Promise<void> {
  // In every shard: each submits its own part.
  await Promise.all(store.shards.map(({ redis, keys }) => redis.zadd(keys.attended(batch), Date.now() + ATTENDANCE_MS, token)));
}

export async function leave(store: Store, batch: string, token: string): Promise<void> {
  await Promise.all(store.shards.map(({ redis, keys }) => redis.zrem(keys.attended(batch), token)));
}
