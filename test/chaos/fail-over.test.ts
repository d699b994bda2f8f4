/**
 * Redis behind Sentinels, and a Redis Cluster, under everything that happens to them: a master killed in the middle, a slot that moves and stays
 * half-way for a while, a replica lost. Real servers, real workers, and the simulator's book of paid submits has the last word.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROVIDER_NAMES } from '@dailies/providers';
import { pauses, readStates } from '@dailies/queue';
import { expect, onTestFinished, test } from 'vitest';
import { shardHolding } from '../support/ledger.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { bundleWorker } from './bundle.ts';
import { conclude } from './part.ts';
import { type Stage, openStage } from './stage.ts';

const TIMEOUT = { timeout: 180_000 };
const GROUP = PROVIDER_NAMES.flatMap((name) => [name, name]);

test('Sentinel: the master is killed in the middle; the replica that follows goes on, nothing is paid twice and nothing is lost', TIMEOUT, async () => {
  const redis = await started(startRedisSentinel);
  const stage = await openedStage(redis.url, 2, 'sentinel-master');
  await stage.accept('before', GROUP);
  await someSubmitted(stage);
  const old = await redis.master();

  const meanwhile = stage.accept('meanwhile', GROUP);
  await old.kill();
  await redis.failedOver(old);
  // It may be promoted again, so it counts again: until it follows, nothing is submitted, and nothing is accepted.
  await old.restart();
  await meanwhile;
  await stage.accept('after', GROUP);

  expect(await conclude(stage)).toEqual([]);
  expect(stage.accepted).toHaveLength(3 * GROUP.length);
  expect(await held(stage)).toBe(false);
});

test('Cluster: the master of the ledger is killed in the middle; its replica goes on, nothing is paid twice and nothing is lost', TIMEOUT, async () => {
  const redis = await started(startRedisCluster);
  const stage = await openedStage(redis.url, 1, 'cluster-master');
  const key = stage.store.keys.all;
  await stage.accept('before', GROUP);
  await someSubmitted(stage);
  const old = await redis.masterOf(key);

  const meanwhile = stage.accept('meanwhile', GROUP);
  await old.kill();
  await redis.failedOver(key, old);
  await old.restart();
  await meanwhile;
  await stage.accept('after', GROUP);

  expect(await conclude(stage)).toEqual([]);
  expect(stage.accepted).toHaveLength(3 * GROUP.length);
  expect(await held(stage)).toBe(false);
});

test('Cluster: while the slot of the ledger moves, the workers wait and say so; then they go on by themselves', TIMEOUT, async () => {
  const redis = await started(startRedisCluster);
  const stage = await openedStage(redis.url, 1, 'cluster-move');
  const key = stage.store.keys.all;
  await stage.accept('before', GROUP);
  await someSubmitted(stage);

  const move = await redis.beginMove(key);
  const meanwhile = stage.accept('meanwhile', GROUP);
  await move.some(40);
  await stage.says('a slot of the Redis Cluster is moving');
  // Half of the keys are here, half are there.
  await moment(2_000);
  await move.finish();
  await meanwhile;
  await stage.accept('after', GROUP);

  expect(await conclude(stage)).toEqual([]);
  expect(stage.accepted).toHaveLength(3 * GROUP.length);
  await stage.says('every slot of the Redis Cluster is served again');
});

test('Cluster: without the replica that may be promoted nothing is submitted; with it again everything is', TIMEOUT, async () => {
  const redis = await started(startRedisCluster);
  const stage = await openedStage(redis.url, 1, 'cluster-replica');
  await stage.accept('before', GROUP);
  await stage.settled(stage.accepted, 60_000);
  const [replica] = await redis.replicasOf(stage.store.keys.all);
  const paid = stage.simulator.counts().accepted;

  await replica?.kill();
  const meanwhile = stage.accept('meanwhile', GROUP);
  await stage.says('too few replicas of Redis follow');
  expect(stage.simulator.counts().accepted).toBe(paid);
  expect(stage.accepted).toHaveLength(GROUP.length);
  await replica?.restart();
  await meanwhile;

  expect(await conclude(stage)).toEqual([]);
  expect(stage.simulator.counts().accepted).toBe(2 * paid);
});

test('Sentinel, replicas not waited for: a fail-over that un-wrote intents is noticed, and holds every submit', TIMEOUT, async () => {
  const redis = await started(startRedisSentinel);
  const stage = await openedStage(redis.url, 0, 'sentinel-unwritten');
  // From here on look-ups are known to work.
  await stage.settled(await stage.accept('before', PROVIDER_NAMES), 60_000);
  await Promise.all(stage.workers().map((worker) => worker.end()));
  const ids = await stage.accept('lost', PROVIDER_NAMES);
  const [old, replicas] = [await redis.master(), await redis.replicas()];
  const { keys } = await shardHolding(stage.store, ids.at(-1) ?? '');
  const hasAll = (replica: RedisServer): Promise<boolean> => replica.ask(async (server) => (await server.zscore(keys.all, ids.at(-1) ?? '')) !== null);
  await until(async () => (await Promise.all(replicas.map(hasAll))).every(Boolean));

  // Killed, not frozen: a frozen one finds in its socket what it missed.
  await Promise.all(replicas.map((replica) => replica.kill()));
  await stage.worker().ready;
  const paid = 2 * PROVIDER_NAMES.length;
  // Recorded, too: what a worker still has in hand it would write again.
  await until(async () => [...(await readStates(stage.store, ids)).values()].every((state) => state !== 'queued' && state !== 'submitting'));
  expect(stage.simulator.counts().accepted).toBe(paid);
  await old.kill();
  await Promise.all(replicas.map((replica) => replica.restart()));
  await redis.failedOver(old);

  await until(() => held(stage));
  // Those that it still calls queued were paid for.
  const states = [...(await readStates(stage.store, ids)).values()];
  expect(states).toContain('queued');
  await moment(2_000);
  expect(stage.simulator.counts().accepted).toBe(paid);
});

type Watched = Stage & { says(words: string): Promise<void> };

async function started<T extends { close(): Promise<void> }>(start: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-fail-over-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const redis = await start(folder);
  onTestFinished(() => redis.close());
  return redis;
}

/** With two workers that are up. */
async function openedStage(redisUrl: string, replicas: number, name: string): Promise<Watched> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-fail-over-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stage = await openStage({ redisUrl, replicas, folder, program: await bundleWorker(folder), name });
  onTestFinished(() => stage.close(true));
  await Promise.all([stage.worker().ready, stage.worker().ready]);
  const says = async (words: string): Promise<void> => {
    while (!(await logsOf(stage)).includes(words)) await moment(50);
  };
  return Object.assign(stage, { says });
}

async function logsOf(stage: Stage): Promise<string> {
  const logs = stage.workers().map((_, at) => readFile(path.join(stage.folder, `worker-${at + 1}.log`), 'utf8'));
  return (await Promise.all(logs)).join('\n');
}

/** Resolves when some of what was accepted is upstream, and some still waits. */
async function someSubmitted(stage: Stage): Promise<void> {
  for (;;) {
    const states = [...(await readStates(stage.store, stage.accepted)).values()];
    if (states.some((state) => state !== 'queued')) return;
    await moment(20);
  }
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
