/**
 * Which workers there are. Each tells the ledger every few seconds that it lives, which accounts it works for, which upstreams give it no usable answer,
 * where it submits nothing because too few replicas of Redis follow, and how far its clock is apart from that of Redis. The overview and the metrics show
 * it, so that a person learns of a frozen worker. Nothing is decided by it: a job is given to another worker by BullMQ's lock, and an intent is judged by
 * its time.
 */
import type { ProviderName } from '@dailies/providers';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

/** Clocks that are farther apart than this are told of. */
export const CLOCK_LIMIT_MS = 2_000;
/** How often a worker speaks. */
export const SPEAKS_EVERY_MS = 3_000;
/** A worker that has said nothing for longer than this is silent: killed, frozen, cut off. */
const SILENT_AFTER_MS = 12_000;
/** A worker that has said nothing for longer than this is not shown any more. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

export interface WorkerWord {
  /** Since when its polls get no usable answer, epoch milliseconds, by provider; those that do are not in it. */
  unanswered: Partial<Record<ProviderName, number>>;
  /** Numbers of the shards in which it submits nothing, because fewer replicas follow than REDIS_REPLICAS. Older workers do not say. */
  fewReplicas?: number[];
  /** The account that it has of each provider. Older workers do not say. */
  accounts?: Partial<Record<ProviderName, string>>;
  /** Milliseconds by which its clock is ahead of that of Redis, below 0: behind. Absent while they agree; older workers do not say. */
  clockAheadMs?: number | undefined;
}

export interface SeenWorker extends WorkerWord {
  name: string;
  /** Milliseconds since its last word. */
  silentMs: number;
  isSilent: boolean;
}

/** Answers the time by the clock of Redis, epoch milliseconds. */
export async function speak(store: Store, name: string, word: WorkerWord): Promise<number> {
  return Number(await runScript(store, SPEAK, [store.keys.workers], [name, JSON.stringify(word), FORGOTTEN_AFTER_MS]));
}

/** It stops on purpose: nobody need look for it. */
export async function takeLeave({ redis, keys }: Store, name: string): Promise<void> {
  await redis.hdel(keys.workers, name);
}

/** Null: they speak to shard 0 only, and that cannot be read now, so that nobody knows of them (shards/waits.ts). */
export async function seenWorkers(store: Store): Promise<SeenWorker[] | null> {
  if (store.number !== 0) return null;
  const found = (await runScript(store, READ, [store.keys.workers], [])) as [name: string, silentMs: number, word: string][];
  return found
    .map(([name, silentMs, word]) => ({ name, silentMs, isSilent: silentMs > SILENT_AFTER_MS, ...(JSON.parse(word) as WorkerWord) }))
    .filter(({ silentMs }) => silentMs < FORGOTTEN_AFTER_MS)
    .toSorted((one, other) => one.name.localeCompare(other.name));
}

/** Epoch milliseconds since when the polls of a provider get no usable answer; null: they do. What a silent worker has told last may be over. */
export function unansweredSince(workers: readonly SeenWorker[] | null, provider: ProviderName): number | null {
  const since = (workers ?? []).flatMap(({ isSilent, unanswered }) => (isSilent ? [] : (unanswered[provider] ?? [])));
  return since.length === 0 ? null : Math.min(...since);
}

/** The workers that are alive and whose clock is apart from that of Redis. */
export function wrongClocks(workers: readonly SeenWorker[] | null): { name: string; aheadMs: number }[] {
  return (workers ?? []).flatMap(({ name, isSilent, clockAheadMs: aheadMs }) => (isSilent || aheadMs === undefined ? [] : [{ name, aheadMs }]));
}

/** Numbers of the shards in which a living worker submits nothing, because too few replicas follow. */
export function shutShards(workers: readonly SeenWorker[] | null): Set<number> {
  return new Set(workers?.flatMap(({ isSilent, fewReplicas = [] }) => (isSilent ? [] : fewReplicas)));
}

/** Whether it is known that nobody works for an account of a provider. A worker of an older version might. */
export function isWithoutWorker(workers: readonly SeenWorker[] | null, provider: ProviderName, account: string): boolean {
  return workers !== null && workers.every(({ isSilent, accounts }) => isSilent || (accounts !== undefined && accounts[provider] !== account));
}

/** Ages by the clock that wrote them. */
const READ = script(`
local found = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, word = string.match(all[i + 1], '^(%d+)|(.*)$')
  found[#found + 1] = { all[i], math.max(0, now - tonumber(at)), word }
end
return found
`);

const SPEAK = script(`
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  local at = tonumber(string.match(redis.call('HGET', KEYS[1], name), '^%d+'))
  if now - at > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], name) end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now) .. '|' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return tostring(now)
`);
