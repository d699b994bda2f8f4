/**
 * The hold of a ledger that was rolled back (rollback-guard.ts notices that): nothing of the shard is submitted until `dailies doctor --after-restore`
 * (operations/after-restore.ts) has settled what is in doubt and releases the hold. All shards of one server are released in one step, since they were
 * rolled back together.
 */
import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { holdByMaster } from './hold-by-master.ts';
import { HOLD_IT } from './hold-script.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

export interface GuardState {
  ledger: string;
  /** Epoch milliseconds of the last --after-restore; 0: never. */
  epoch: number;
  /** Epoch milliseconds of the newest event of a worker in the restored copy, while the ledger is held; else null. */
  restoredAt: number | null;
}

/** What the guard of one shard knows. */
export async function guardState(store: Store): Promise<GuardState> {
  const { ledger = '', epoch = '0', restoredAt } = await store.redis.hgetall(store.keys.guard);
  return { ledger, epoch: Number(epoch), restoredAt: restoredAt === undefined ? null : Number(restoredAt) };
}

/** The shards that are held: one master of a Cluster may be rolled back alone. */
export async function heldShards({ shards }: Store): Promise<Store[]> {
  const states = await Promise.all(shards.map((shard) => guardState(shard)));
  return shards.filter((_, at) => states[at]?.restoredAt !== null);
}

/** Holds every submit of a shard, as if a worker had noticed the rollback. Answers when the newest event of a worker in it was, epoch milliseconds. */
export async function holdRestored(store: Store): Promise<number> {
  return Number(await runScript(store, HOLD, [store.keys.guard, store.keys.events, store.keys.pauses], []));
}

/**
 * Writes a sign before each look of `run` through what is in doubt, and answers it. A master that has the sign also has everything that was written before
 * it, since replication keeps the order.
 */
export async function signLook({ redis, keys }: Store, run: string): Promise<string> {
  const sign = randomUUID();
  await redis.set(keys.settling(run), sign, 'EX', SIGN_KEPT_SECONDS);
  return sign;
}

/** A shard that was looked through, and the sign of the last look; '': it is released without asking for a sign. */
export interface LookedThrough {
  shard: Store;
  sign: string;
}

/**
 * Releases the hold, when what was in doubt is settled: submits go on, and marks from before this moment say nothing any more. Several shards must be of
 * one server; they are released in one step. False: a sign is missing, so a fail-over may have taken back what that look had seen; nothing was released.
 */
export async function releaseRestored(store: Store, looked: readonly LookedThrough[], run: string): Promise<boolean> {
  const keyList = looked.flatMap(({ shard: { keys } }) => [keys.guard, keys.pauses, keys.settling(run)]);
  const args = looked.flatMap(({ shard: { keys }, sign }) => [keys.wake, randomUUID(), sign]);
  return (await runScript(store, RELEASE, keyList, args)) === 1;
}

/** Whether all shards are rolled back together, since one server has them all. On a Cluster each master may be rolled back alone. */
export function comesBackWhole({ redis }: Store): boolean {
  return !(redis instanceof Cluster);
}

/**
 * Where one of several shards is held, holds the others of its server too: they were rolled back with it, though nobody may have noticed anything that
 * they have lost. `all`: where one server has all shards, holds them also if none is held yet.
 */
export async function holdTogether({ whole }: Store, all = false): Promise<void> {
  if (whole.shards.length === 1) return;
  if (!comesBackWhole(whole)) return holdByMaster(whole);
  await runScript(whole, HOLD_TOGETHER, whole.shards.flatMap(({ keys }) => [keys.guard, keys.events, keys.pauses]), [all ? '1' : '0']);
}

const SIGN_KEPT_SECONDS = 24 * 3_600;

const HOLD = script(`
${HOLD_IT}
hold_restored(KEYS[3], KEYS[1], newest_worked(KEYS[1], KEYS[2]))
return redis.call('HGET', KEYS[1], 'restoredAt')
`);

const HOLD_TOGETHER = script(`
${HOLD_IT}
local held, last, time = ARGV[1] == '1', '0-0', 0
for i = 1, #KEYS, 3 do
  held = redis.call('HEXISTS', KEYS[i], 'restoredAt') == 1 or held
  local id = newest_worked(KEYS[i], KEYS[i + 1])
  local at = tonumber(string.match(id, '^%d+'))
  -- The age of the copy is that of the newest event of a worker in any of its shards.
  if at > time then last, time = id, at end
end
if held then
  for i = 1, #KEYS, 3 do hold_restored(KEYS[i + 2], KEYS[i], last) end
end
return held and 1 or 0
`);

const RELEASE = script(`
for i = 3, #KEYS, 3 do
  if ARGV[i] ~= '' and redis.call('GET', KEYS[i]) ~= ARGV[i] then return 0 end
end
for i = 1, #KEYS, 3 do
  redis.call('HSETNX', KEYS[i], 'ledger', ARGV[i + 1])
  redis.call('HSET', KEYS[i], 'epoch', string.format('%.0f', now))
  redis.call('HDEL', KEYS[i], 'restoredAt')
  redis.call('HDEL', KEYS[i + 1], 'ledger')
  redis.call('PUBLISH', ARGV[i], '*')
end
return 1
`);
