/**
 * Redis behind Sentinels, and a Redis Cluster with four shards, under everything that happens to them: a master killed in the middle, a slot that
 * moves and stays half-way for a while, a replica lost. Real servers, real workers, and the simulator's book of paid submits has the last word.
 * One Cluster and one trio for all: each test leaves them whole.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { type Store, afterRestore, pause, pauses, readStates, resume, shardOf } from '@dailies/queue';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type TestCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { type TestSentinel, startRedisSentinel } from '../support/redis-sentinel.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { bundleWorker } from './bundle.ts';
import { conclude } from './part.ts';
import { type Stage, openStage } from './stage.ts';

const TIMEOUT = { timeout: 180_000 };
const GROUP = PROVIDER_NAMES.flatMap((name) => [name, name]);

let folder: string;
let program: string;
let cluster: TestCluster;
let sentinel: TestSentinel;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-fail-over-'));
  [program, cluster, sentinel] = await Promise.all([
    bundleWorker(folder),
    startRedisCluster(path.join(folder, 'cluster')),
    startRedisSentinel(path.join(folder, 'sentinel')),
  ]);
});

afterAll(async () => {
  await Promise.all([cluster, sentinel].map((redis) => redis?.close()));
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

test('Sentinel: the master is killed in the middle; the replica that follows goes on, nothing is paid twice and nothing is lost', TIMEOUT, async () => {
  const stage = await openedStage('sentinel', 2, 'sentinel-master');
  await outlivesItsMaster(stage, { master: () => sentinel.master(), failedOver: (old) => sentinel.failedOver(old) });
});

test('Cluster: the master of the ledger is killed in the middle; its replica goes on, nothing is paid twice and nothing is lost', TIMEOUT, async () => {
  const stage = await openedStage('cluster', 1, 'cluster-master');
  const key = stage.store.keys.all;
  await outlivesItsMaster(stage, { master: () => cluster.masterOf(key), failedOver: (old) => cluster.failedOver(key, old) });
});

test('Cluster: without the replica that may be promoted nothing is submitted there; with it again everything is', TIMEOUT, async () => {
  const stage = await openedStage('cluster', 1, 'cluster-replica');
  const key = stage.store.keys.all;
  const master = await cluster.masterOf(key);
  const homes = await Promise.all(PROVIDER_NAMES.map((name) => cluster.masterOf(shardFor(stage, name).keys.all)));
  const there = PROVIDER_NAMES.filter((_, at) => homes[at] === master);
  await Promise.all(there.map((name) => pause(stage.store, `operator:${name}`, { reason: 'night', kind: 'operator', polls: false })));
  await stage.accept('before', there);
  const [replica] = await cluster.replicasOf(key);

  await replica?.kill();
  await Promise.all(there.map((name) => resume(stage.store, name, [])));
  const meanwhile = stage.accept('meanwhile', there);
  await stage.says('too few replicas of Redis follow');
  expect(stage.simulator.counts().accepted).toBe(0);
  expect(stage.accepted).toHaveLength(there.length);
  await replica?.restart();
  await meanwhile;

  expect(await conclude(stage)).toEqual([]);
  expect(stage.simulator.counts().accepted).toBe(2 * there.length);
});

test('Cluster: while the slot of a shard moves, the shard waits and says so, and the others go on; then it goes on by itself', TIMEOUT, async () => {
  const stage = await openedStage('cluster', 1, 'cluster-move');
  const key = stage.store.keys.all;
  await stage.accept('before', GROUP);
  await someSubmitted(stage);
  const elsewhere = shardFor(stage, 'kling');
  const theirs = stage.accepted.filter((_, at) => GROUP[at] === 'kling');

  const move = await cluster.beginMove(key);
  const meanwhile = stage.accept('meanwhile', GROUP);
  await move.some(40);
  await stage.says('a slot of the Redis Cluster is moving');
  // Half of the keys are on each of the two masters.
  await until(async () => [...(await readStates(elsewhere, theirs)).values()].every((state) => state === 'succeeded'));
  await move.finish();
  await meanwhile;
  await stage.accept('after', GROUP);

  expect(await conclude(stage)).toEqual([]);
  expect(stage.accepted).toHaveLength(3 * GROUP.length);
  await stage.says('every slot of the Redis Cluster is served again');
});

test('Sentinel, replicas not waited for: a fail-over that un-wrote intents is noticed and holds every submit; look-ups settle it, and nothing is paid twice', TIMEOUT, async () => {
  const stage = await openedStage('sentinel', 0, 'sentinel-unwritten');
  // From here on the ledger knows that look-ups work.
  await stage.settled(await stage.accept('before', PROVIDER_NAMES), 60_000);
  await Promise.all(stage.workers().map((worker) => worker.end()));
  const ids = await stage.accept('lost', PROVIDER_NAMES);
  const [old, replicas] = [await sentinel.master(), await sentinel.replicas()];
  const hasLast = async (replica: RedisServer): Promise<boolean> =>
    replica.ask(async (server) => (await server.zscore(stage.store.keys.all, ids.at(-1) ?? '')) !== null);
  await until(async () => (await Promise.all(replicas.map(hasLast))).every(Boolean));

  // Killed, not frozen: a frozen replica would read what it missed from its socket.
  await Promise.all(replicas.map((replica) => replica.kill()));
  await stage.worker().ready;
  const paid = 2 * PROVIDER_NAMES.length;
  // It waits until everything is recorded, too: a worker would write again what it still has in hand.
  await until(async () => [...(await readStates(stage.store, ids)).values()].every((state) => state !== 'queued' && state !== 'submitting'));
  expect(stage.simulator.counts().accepted).toBe(paid);
  await old.kill();
  await Promise.all(replicas.map((replica) => replica.restart()));
  await sentinel.failedOver(old);

  await until(() => held(stage));
  // The generations that the ledger still calls queued were paid for.
  const states = [...(await readStates(stage.store, ids)).values()];
  expect(states).toContain('queued');
  await moment(2_000);
  expect(stage.simulator.counts().accepted).toBe(paid);

  await afterRestore(stage);
  // Allegro has no look-up, so nothing tells of a task whose intent is gone.
  expect(await conclude(stage, { mayAsk: ({ provider }) => provider === 'allegro' })).toEqual([]);
  expect(stage.simulator.counts().accepted).toBe(paid);
  await old.restart();
});

interface FailOver {
  master: () => Promise<RedisServer>;
  /** Resolves when another server has taken the place of this one. */
  failedOver: (old: RedisServer) => Promise<void>;
}

/** A third of the work is accepted before the master dies, a third meanwhile, and a third after; all of it ends as it should. */
async function outlivesItsMaster(stage: Stage, { master, failedOver }: FailOver): Promise<void> {
  await stage.accept('before', GROUP);
  await someSubmitted(stage);
  const old = await master();

  const meanwhile = stage.accept('meanwhile', GROUP);
  await old.kill();
  await failedOver(old);
  // The old master may be promoted again, so it counts as a replica: until it follows, nothing is submitted and nothing is accepted.
  await old.restart();
  await meanwhile;
  await stage.accept('after', GROUP);

  expect(await conclude(stage)).toEqual([]);
  expect(stage.accepted).toHaveLength(3 * GROUP.length);
  expect(await held(stage)).toBe(false);
}

type Watched = Stage & { says(words: string): Promise<void> };

/** A rig on a Cluster with four shards, with two workers that are ready. */
async function openedStage(kind: 'cluster' | 'sentinel', replicas: number, name: string): Promise<Watched> {
  const redis = { cluster, sentinel }[kind];
  const stage = await openStage({ redisUrl: redis.url, replicas, folder, program, name, environment: { SHARDS: kind === 'cluster' ? '4' : '1' } });
  onTestFinished(() => stage.close(true));
  await Promise.all([stage.worker().ready, stage.worker().ready]);
  const says = (words: string): Promise<void> => until(async () => (await logsOf(stage)).includes(words));
  return Object.assign(stage, { says });
}

async function logsOf(stage: Stage): Promise<string> {
  const logs = stage.workers().map((_, at) => readFile(path.join(stage.folder, `worker-${at + 1}.log`), 'utf8'));
  return (await Promise.all(logs)).join('\n');
}

function shardFor({ store, config }: Stage, provider: ProviderName): Store {
  return shardOf(store, config.providers[provider].account?.id ?? '');
}

/** Resolves when some of the accepted generations have left the queue. */
async function someSubmitted(stage: Stage): Promise<void> {
  await until(async () => [...(await readStates(stage.store, stage.accepted)).values()].some((state) => state !== 'queued'));
}

async function held(stage: Stage): Promise<boolean> {
  return (await pauses(stage.store)).some(({ scope }) => scope === 'ledger');
}

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await moment(50);
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
