/**
 * Attendance: the queued generations of a batch made by `run` are submitted only while a `run` or `watch` of it is alive,
 * so that a run stopped on purpose is not paid for later by accident.
 */
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

/** How long one `attend` counts; call it three times as often. */
export const ATTENDANCE_MS = 30_000;

export async function attend(store: Store, batch: string, token: string): Promise<void> {
  // In every shard: each submits its own part.
  await Promise.all(store.shards.map(({ redis, keys }) => runScript({ redis }, ATTEND, [keys.attended(batch)], [ATTENDANCE_MS, token])));
}

export async function leave(store: Store, batch: string, token: string): Promise<void> {
  await Promise.all(store.shards.map(({ redis, keys }) => redis.zrem(keys.attended(batch), token)));
}

/** By the clock of Redis, as the submit asks: by the clock of the attending machine a beat would be over at once where that clock is behind. */
const ATTEND = script(`
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), ARGV[2])
return 1
`);
