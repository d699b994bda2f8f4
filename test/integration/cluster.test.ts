/**
 * A real Cluster: what the doctor sees of it, one of its slots held half-way (half of its keys here and half there: what is read meanwhile is
 * true, and what cannot be done waits), and one of its masters rolled back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterRestore, checkDurability, closeRedis, connectForProducer, connectForWorker, createLog, heldShards, holdRestored, holdTogether, isRedisAway, type RedisConnection, type Store, whenReady } from '@dailies/queue';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { releaseRestored } from '../../packages/queue/src/ledger/rollback-guard.ts';
import { openTestLedger } from '../support/ledger.ts';
import { startRedisCluster, type TestCluster } from '../support/redis-cluster.ts';
import type { RedisServer } from '../support/redis-server.ts';

const LOG = createLog({ level: 'silent', name: 'test' });
const LETTERS = ['a', 'b', 'c', 'd'];
const COPIES = ['of the connection', 'of its duplicate'];

let folder: string;
let cluster: TestCluster;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-slot-'));
  cluster = await startRedisCluster(folder);
});

afterAll(async () => {
  await cluster?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

test('of a Cluster every node is looked at, and each master is held against REDIS_REPLICAS', async () => {
  expect((await findings(1)).every(({ level }) => level === 'ok')).toBe(true);
  expect((await findings(0)).filter(({ level }) => level === 'warn')).toHaveLength(3);
  expect((await findings(2)).filter(({ level, what }) => level === 'error' && what.includes('1 of the 2 replicas'))).toHaveLength(3);
});

test.each(COPIES)('a pipeline %s reads both halves, and never says of a key that it is not there', async (whose) => {
  const redis = await connected(connectForWorker);
  const { keys, move } = await halfMoved(redis, `read ${whose}`);
  const reader = whose === COPIES[0] || redis instanceof Redis ? redis : redis.duplicate();
  onTestFinished(() => reader.disconnect());

  const pipeline = reader.pipeline();
  for (const key of keys) pipeline.get(key).exists(key);
  expect(await pipeline.exec()).toEqual(LETTERS.flatMap((letter) => [[null, letter], [null, 1]]));
  await move.finish();
});

test('what writes into both halves waits until the slot is whole, and is done once', async () => {
  const redis = await connected(connectForWorker);
  const { keys, move } = await halfMoved(redis, 'write');
  let isThrough = false;

  const transaction = redis.multi();
  for (const key of keys) transaction.append(key, '+');
  const written = transaction.exec().then(() => (isThrough = true));
  expect(await redis.get(keys[0] ?? '')).toBe('a');
  expect(isThrough).toBe(false);
  await move.finish();
  await written;

  expect(await Promise.all(keys.map((key) => redis.get(key)))).toEqual(LETTERS.map((letter) => `${letter}+`));
});

test('whoever is in a hurry is told within two seconds that it cannot be done now', async () => {
  const { keys, move } = await halfMoved(await connected(connectForWorker), 'hurried');
  const redis = await connected(connectForProducer);
  const since = Date.now();

  const refused = await redis.multi().append(keys[0] ?? '', '+').append(keys[3] ?? '', '+').exec().catch((error: unknown) => error);

  expect(isRedisAway(refused)).toBe(true);
  expect(Date.now() - since).toBeLessThan(3_000);
  await move.finish();
});

test('a shard that is found rolled back holds those beside it on its master and no others, and all are let go together', async () => {
  const { store, queues } = openTestLedger(cluster.url, 8);
  const [first] = store.shards;
  if (first === undefined) throw new Error('eight were asked for');
  const beside = await shardsAt(store, await cluster.masterOf(first.keys.all));
  expect(beside.length).toBeGreaterThan(1);
  expect(beside.length).toBeLessThan(8);
  await holdTogether(store);
  expect(await heldNumbers(store)).toEqual([]);

  await holdRestored(first);
  await holdTogether(store);
  expect(await heldNumbers(store)).toEqual(beside);

  // Settled since the others were held: they do not hold it again.
  await releaseRestored(first);
  await holdTogether(store);
  expect(await heldNumbers(store)).toEqual(beside.slice(1));
  await afterRestore({ store, queues });
  await holdTogether(store);
  expect(await heldNumbers(store)).toEqual([]);
});

async function findings(replicas: number): ReturnType<typeof checkDurability> {
  return checkDurability(await connected(connectForProducer), replicas);
}

/** Of this master: the shards that a ledger has there. */
async function shardsAt(store: Store, master: RedisServer): Promise<number[]> {
  const masters = await Promise.all(store.shards.map(({ keys }) => cluster.masterOf(keys.all)));
  return store.shards.flatMap(({ number }) => (masters[number] === master ? [number] : []));
}

async function heldNumbers(store: Store): Promise<number[]> {
  return (await heldShards(store)).map(({ number }) => number);
}

/** Four keys of one slot, two of them moved. */
async function halfMoved(redis: RedisConnection, name: string) {
  const keys = LETTERS.map((letter) => `{${name}}:${letter}`);
  for (const [at, key] of keys.entries()) await redis.set(key, LETTERS[at] ?? '');
  const move = await cluster.beginMove(keys[0] ?? '');
  expect(await move.some(2)).toBe(2);
  return { keys, move };
}

async function connected(connect: typeof connectForWorker | typeof connectForProducer): Promise<RedisConnection> {
  const redis = connect(cluster.url, { name: 'cluster', log: LOG });
  onTestFinished(() => closeRedis(redis, 500));
  await whenReady(redis, 10_000);
  return redis;
}
