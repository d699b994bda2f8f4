/**
 * How old the oldest is, in constant work and without an index of its own: for metrics and for readiness. Changes nothing.
 *
 * Queued: with fair turns the heads of all lanes stand first in their class, so the oldest is among the first few of each class; beyond
 * twenty lanes of one class it may be a little older than said.
 */
import type { ProviderName } from '@dailies/providers';
import { CLASSES } from '../ledger/turns/places.ts';
import type { Store } from '../ledger/store.ts';
import { answersOf } from '../redis/answers.ts';
import { shardOf } from '../shards/routing.ts';
import { partKey, PER_MILLISECOND, PER_PRIORITY } from './bullmq-storage.ts';
import { generationOf, PER_CLASS, submitQueue } from './names.ts';

const HEADS = 20;
/** A delayed job that has been due for so long should have been taken. */
const DUE_FOR_MS = 1_000;

/** Epoch milliseconds when the oldest queued one was accepted; null when none is. */
export async function oldestQueued(store: Store, provider: ProviderName): Promise<number | null> {
  const found = await Promise.all(store.shards.map((shard) => oldestQueuedHere(shard, provider)));
  const times = found.filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

async function oldestQueuedHere(store: Store, provider: ProviderName): Promise<number | null> {
  const pipeline = store.redis.pipeline();
  for (const name of CLASSES) {
    const [from, to] = [name * PER_CLASS * PER_PRIORITY, (name + 1) * PER_CLASS * PER_PRIORITY];
    pipeline.zrangebyscore(partKey(store, submitQueue(provider), 'prioritized'), from, `(${to}`, 'LIMIT', 0, HEADS);
  }
  const heads = (await answersOf(pipeline)) as string[][];
  return oldestOf(store, heads.flat().map(generationOf), 'createdAt');
}

/** Of one shard: ids of the generations that would be submitted first, and of those delayed ones that are due first. */
export async function nextToSubmit(store: Store, provider: ProviderName): Promise<string[]> {
  const parts = (['prioritized', 'delayed'] as const).map((part) => partKey(store, submitQueue(provider), part));
  const heads = await Promise.all(parts.map((key) => store.redis.zrange(key, '0', String(HEADS - 1))));
  return heads.flat().map(generationOf);
}

/** Epoch milliseconds of the submit whose slot ends first; null when nothing is in flight. */
export async function oldestInFlight(store: Store, provider: ProviderName, account: string): Promise<number | null> {
  const shard = shardOf(store, account);
  const ids = await shard.redis.zrange(shard.keys.slotsOf(account, provider), '0', String(HEADS - 1));
  return oldestOf(shard, ids, 'submittedAt');
}

/** Milliseconds that the first delayed job of each queue is past its time; 0 where none is. */
export async function pastDueMs(store: Store, queues: readonly string[]): Promise<Map<string, number>> {
  const found = await Promise.all(store.shards.map((shard) => pastDueHere(shard, queues)));
  return new Map(queues.map((queue) => [queue, Math.max(...found.map((late) => late.get(queue) ?? 0))]));
}

async function pastDueHere(store: Store, queues: readonly string[]): Promise<Map<string, number>> {
  const pipeline = store.redis.pipeline();
  for (const queue of queues) pipeline.zrange(partKey(store, queue, 'delayed'), '0', '0', 'WITHSCORES');
  const answers = (await answersOf(pipeline)) as string[][];
  const now = Date.now();
  return new Map(
    queues.map((queue, at) => {
      const [, score] = answers[at] ?? [];
      return [queue, score === undefined ? 0 : Math.max(0, now - Math.floor(Number(score) / PER_MILLISECOND))] as const;
    }),
  );
}

async function oldestOf({ redis, keys }: Store, ids: readonly string[], field: 'createdAt' | 'submittedAt'): Promise<number | null> {
  if (ids.length === 0) return null;
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hget(keys.generation(id), field);
  const times = ((await answersOf(pipeline)) as (string | null)[]).flatMap((at) => (at === null ? [] : [Number(at)]));
  return times.length === 0 ? null : Math.min(...times);
}

/** Of one shard: the job of each queue that would be taken next and is due; a key is absent where none is. */
export async function firstDue(store: Store, queues: readonly string[]): Promise<Map<string, string>> {
  const pipeline = store.redis.pipeline();
  for (const queue of queues) {
    pipeline.lindex(partKey(store, queue, 'wait'), -1);
    pipeline.zrange(partKey(store, queue, 'prioritized'), '0', '0');
    pipeline.zrangebyscore(partKey(store, queue, 'delayed'), '-inf', (Date.now() - DUE_FOR_MS) * PER_MILLISECOND, 'LIMIT', 0, 1);
  }
  const answers = await answersOf(pipeline);
  const first = new Map<string, string>();
  queues.forEach((queue, at) => {
    const [waiting, prioritized, delayed] = answers.slice(at * 3, at * 3 + 3).map((answer): unknown => (Array.isArray(answer) ? answer[0] : answer));
    const job = waiting ?? prioritized ?? delayed;
    if (typeof job === 'string') first.set(queue, job);
  });
  return first;
}

/** Somebody paused the queue in BullMQ itself, past the ledger. */
export async function isPausedByHand(store: Store, queue: string): Promise<boolean> {
  return (await store.redis.hexists(partKey(store, queue, 'meta'), 'paused')) === 1;
}
