/** A ledger for one test, with its own hash tag. Its keys are removed when the test ends. */
import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { connectForWorker, createGenerations, createLog, type Keys, locate, openQueues, openStore, readGeneration, type Desk, type Generation, type NewGeneration, type Queues, type RedisConnection, shardOf, type Store } from '@dailies/queue';
import { TEST_SHARDS } from './shards.ts';

export const ACCOUNT = 'allegro@http://127.0.0.1:1';

/** What lets a submit in, where a test is not about that: there is room, and nobody judges it soon. */
export const ADMISSION = { reservation: 'r', limit: 50, limitOfProvider: 50, judgeAfterMs: 60_000 };

export interface TestLedger extends Desk {
  redis: RedisConnection;
  /** Opens another connection, for code that blocks it. */
  connect: () => RedisConnection;
  redisUrl: string;
  tag: string;
  generation: (id: string) => Promise<Generation>;
}

/** Default: on the suite's Redis, with as many shards as the suite runs with. */
export function openTestLedger(redisUrl: string = inject('redisUrl'), shards: number = TEST_SHARDS): TestLedger {
  const connect = (): RedisConnection => connectForWorker(redisUrl, { name: 'test', log: createLog({ level: 'silent', name: 'test' }) });
  const redis = connect();
  const tag = freshTag();
  const store = openStore(redis, tag, shards);
  const queues = byName(store, openQueues(store, { info: () => undefined, warn: () => undefined }));
  onTestFinished(async () => {
    await queues.close();
    await dropKeys(redis, tag);
    redis.disconnect();
  });
  return { redis, connect, redisUrl, tag, store, queues, generation: (id) => existing(store, id) };
}

/** Lets a test look into a provider's queue on the shard where the provider's work is. */
function byName(store: Store, queues: Queues): Queues {
  if (store.shards.length === 1) return queues;
  return { ...queues, whole: queues, get: (name) => queues.of(shardOf(store, accountOf(name)).number).get(name) };
}

function accountOf(queue: string): string {
  const [provider = ''] = queue.split('-');
  return ['hailuo', 'pika', 'luma'].includes(provider) ? 'acedata' : provider;
}

function freshTag(): string {
  return `test-${randomUUID().slice(0, 8)}`;
}

export async function dropKeys(redis: RedisConnection, tag: string): Promise<void> {
  const keys = await keysOfLedger({ redis, tag });
  // A Cluster refuses keys with several tags in one command.
  for (const one of new Set(keys.map(tagOf))) {
    const own = keys.filter((key) => tagOf(key) === one);
    for (let at = 0; at < own.length; at += 1000) await redis.unlink(...own.slice(at, at + 1000));
  }
}

function tagOf(key: string): string {
  return key.slice(0, key.indexOf('}'));
}

/** The names of all keys of a ledger, in every shard. */
export async function keysOfLedger({ redis, tag }: Pick<TestLedger, 'redis' | 'tag'>): Promise<string[]> {
  return keysOf(redis, `{${tag}[.}]*`);
}

/** On a Cluster each master knows only its own keys. */
export async function keysOf(redis: RedisConnection, pattern: string): Promise<string[]> {
  const masters = redis instanceof Cluster ? redis.nodes('master') : [redis];
  return (await Promise.all(masters.map((node) => node.keys(pattern)))).flat();
}

/** The number of members of a sorted set, summed over all shards. */
export async function countIn(store: Store, key: (keys: Keys) => string): Promise<number> {
  const counts = await Promise.all(store.shards.map(({ redis, keys }) => redis.zcard(key(keys))));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The keys of the queues of this name, in every shard. */
export async function delayedJobs(queues: Queues, name: string): Promise<Awaited<ReturnType<ReturnType<Queues['get']>['getDelayed']>>> {
  const delayed = await Promise.all(queues.all().filter((queue) => queue.name === name).map((queue) => queue.getDelayed()));
  return delayed.flat();
}

/** The shard that holds a generation's own keys. */
export async function shardHolding(store: Store, id: string): Promise<Store> {
  const [shard] = await locate(store, [id]);
  if (shard == null) throw new Error(`no shard has ${id}`);
  return shard;
}

export function newGeneration(id: string, more: Partial<NewGeneration> = {}): NewGeneration {
  return {
    id,
    provider: 'allegro',
    account: ACCOUNT,
    ask: { prompt: `prompt of ${id}` },
    request: { prompt: `prompt of ${id}` },
    fingerprint: `f-${id}`,
    priority: 1,
    metadata: null,
    ...more,
  };
}

export async function accept(store: Store, batch: string | null, items: NewGeneration[], attended = false): Promise<void> {
  const result = await createGenerations(store, { batch, lane: batch ?? 'key', attended, items });
  if (result.outcome !== 'accepted') throw new Error(`not accepted: ${result.outcome}`);
}

async function existing(store: Store, id: string): Promise<Generation> {
  const found = await readGeneration(store, id);
  if (found === null) throw new Error(`no generation ${id}`);
  return found;
}
