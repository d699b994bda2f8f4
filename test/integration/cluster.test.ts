/**
 * A real Cluster: what the doctor sees of it, one of its slots held half-way (half of its keys here and half there: what is read meanwhile is
 * true, and what cannot be done waits), and one of its masters rolled back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createDashboard } from '@dailies/dashboard';
import { PROVIDER_NAMES } from '@dailies/providers';
import { afterRestore, checkDurability, closeRedis, connectForProducer, connectForWorker, createLog, heldShards, holdRestored, holdTogether, isRedisAway, loadConfig, type RedisConnection, shardOf, type Store, transition, whenReady } from '@dailies/queue';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { releaseRestored } from '../../packages/queue/src/ledger/guard/rollback-hold.ts';
import { createApi } from '../../apps/producer/src/api/index.ts';
import { basic } from '../../apps/dashboard/src/testing/house.ts';
import { dailies } from '../support/command-line.ts';
import { accept, newGeneration, openTestLedger } from '../support/ledger.ts';
import { startRedisCluster, type TestCluster, until } from '../support/redis-cluster.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { openRig } from '../support/rig.ts';

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

test('a Cluster whose nodes are known by host names has its replicas', async ({ skip }) => {
  const isOldest = await cluster.servers[0]?.ask(async (redis) => (await redis.info('server')).includes('redis_version:6.'));
  if (isOldest) skip('Redis 6.2 announces no names');
  const announce = (name: string, kind: string): Promise<unknown> => Promise.all(cluster.servers.map((server) => server.ask(async (redis) => {
    await redis.config('SET', 'cluster-announce-hostname', name);
    await redis.config('SET', 'cluster-preferred-endpoint-type', kind);
  })));
  await announce('localhost', 'hostname');
  onTestFinished(async () => void (await announce('', 'ip')));
  const namesOf = ([, , ...nodes]: unknown[]): unknown[] => nodes.map((node) => (node as unknown[])[0]);
  const areAllTold = (redis: Redis): Promise<boolean> =>
    redis.cluster('SLOTS').then((ranges) => (ranges as unknown[][]).flatMap(namesOf).every((name) => name === 'localhost'));
  await until(async () => (await Promise.all(cluster.servers.map((server) => server.ask(areAllTold)))).every(Boolean));

  const found = await findings(1);

  expect(found.find(({ what }) => what.startsWith('A Redis Cluster'))?.what).toMatch(/^A Redis Cluster(?:[:;] localhost:\d+ ← localhost:\d+){3}\.$/);
  expect(found.filter(({ level }) => level !== 'ok')).toEqual([]);
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

test('while the slot of a shard moves, status, overview and API say so in plain words and show everything; what would write ends, and says why', async () => {
  const house = await openHouse();
  const move = await cluster.beginMove(shardOf(house.store, 'kling').keys.all);
  onTestFinished(() => move.finish());
  await move.some(5);
  const words = 'Shard 1 of 4 (kling) waits: a slot of the Redis Cluster is moving to another node';

  const [status, json, one] = [await house.dailies('status'), await house.dailies('status', '--json'), await house.dailies('status', 'kling-0')];
  expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining(words) });
  expect(status.stdout).toMatch(/^films +5 +5 /m);
  expect(JSON.parse(json.stdout)).toMatchObject({ shardsWait: [{ shard: 1, providers: ['kling'], missing: false }], batches: [{ batch: 'films', total: 5 }] });
  expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/state +queued/), stderr: expect.stringContaining(words) });
  const overview = await house.overview();
  expect(overview).toContain(words);
  expect(overview).toMatch(/id="p-kling"[^]*?<span class="badge v-bad">waits<\/span>/);
  expect(overview).toMatch(/id="p-allegro"[^]*?<span class="badge v-(good|bad)">(open|not taken)<\/span>/);
  const commands = ['cancel kling-0', 'results films', 'retry kling-0', 'resolve kling-0 --abandon', 'pause kling', 'resume kling', 'webhooks', 'audit'];
  // An id is looked up in every shard before it is accepted in one: luma, too, has to wait.
  const [posted, elsewhere, ...said] = await Promise.all([
    house.post({ provider: 'kling', prompt: 'a fox in the snow' }),
    house.post({ provider: 'luma', prompt: 'a fox in the snow' }),
    ...commands.map((line) => house.dailies(...line.split(' '))),
  ]);
  for (const answer of [posted, elsewhere]) expect(answer).toMatchObject({ status: 503, body: { code: 'redis-away', detail: expect.stringContaining(words) } });
  expect(said[0]).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
  for (const { code, stdout, stderr } of said) {
    expect([0, 1, 2, 3], stderr).toContain(code);
    expect(stdout + stderr).not.toMatch(/^ +at |ReplyError|TRYAGAIN|timed out/m);
  }

  await move.finish();
  expect(await house.dailies('resume', 'kling')).toMatchObject({ code: 0 });
  expect((await house.dailies('status')).stdout).not.toContain('waits:');
  expect(await house.dailies('cancel', 'kling-0')).toMatchObject({ code: 0 });
});

test('while the slot of a shard moves, silent submits of the other shards are judged all the same', async () => {
  const rig = await openRig({}, { SHARDS: '4' }, cluster.url);
  const [kling = '', allegro = ''] = (['kling', 'allegro'] as const).map((name) => rig.config.providers[name].account?.id);
  const others = ['first', 'second', 'third'];
  await accept(rig.store, 'silent', [newGeneration('moves', { provider: 'kling', account: kling }), ...others.map((id) => newGeneration(id, { account: allegro }))]);
  for (const id of ['moves', ...others]) {
    const admission = { reservation: '', limit: 50, limitOfProvider: 50, judgeAfterMs: 600_000 };
    expect(await transition(rig.store, await rig.generation(id), { from: ['queued'], to: 'submitting', by: 'killed', admission })).toMatchObject({ outcome: 'won' });
  }
  await rig.worker();
  const move = await cluster.beginMove(shardOf(rig.store, kling).keys.all);
  onTestFinished(() => move.finish());
  await move.some(5);

  const due = (id: string, account: string): Promise<unknown> => rig.redis.zadd(shardOf(rig.store, account).keys.intents(account), 0, id);
  await due('moves', kling);
  // Each in a later round of the watch than the one before.
  for (const id of others) {
    await due(id, allegro);
    await expect.poll(async () => (await rig.generation(id)).state).toBe('unresolved');
  }
  expect((await rig.generation('moves')).state).toBe('submitting');
  await move.finish();
  await expect.poll(async () => (await rig.generation('moves')).state).not.toBe('submitting');
});

test('while nobody serves a shard, status and overview show the others and say what is missing; with its master everything is there again', async () => {
  const house = await openHouse();
  await everywhere((redis) => redis.config('SET', 'cluster-require-full-coverage', 'no'));
  const key = shardOf(house.store, 'kling').keys.all;
  const dead = [await cluster.masterOf(key), ...(await cluster.replicasOf(key))];
  const [master] = dead;
  if (master === undefined) throw new Error('a master is meant here');
  const theirs = await shardsAt(house.store, master);
  const elsewhere = PROVIDER_NAMES.filter((name) => !theirs.includes(shardOf(house.store, house.config.providers[name].account?.id ?? '').number));
  expect(elsewhere.length).toBeGreaterThan(0);
  await Promise.all(dead.map((server) => server.kill()));

  const status = await house.dailies('status');
  expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Shard 1 of 4 \(kling\) waits: (a part|the node) of the Redis Cluster .* Nothing is lost\. What it has is missing below\.$/m) });
  expect(status.stdout).toMatch(/^kling +\? +\? /m);
  for (const name of elsewhere) expect(status.stdout).toMatch(new RegExp(`^${name} +1 +0 `, 'm'));
  expect(status.stdout).toMatch(new RegExp(`^films +${elsewhere.length} +${elsewhere.length} `, 'm'));
  expect(await house.dailies('status', 'kling-0')).toMatchObject({ code: 1, stderr: expect.stringContaining('It may be in what cannot be read now.') });
  const overview = await house.overview();
  expect(overview).toMatch(/Shard 1 of 4 \(kling\) waits: [^<]* What it has is missing below\./);
  for (const name of elsewhere) expect(overview).toMatch(new RegExp(`aria-label="Generations of ${name} by state"><li class=""><a href="[^"]*state=queued"><span class="badge s-queued">queued</span> <b>1</b>`));
  const canceled = await house.dailies('cancel', 'kling-0');
  expect(canceled).toMatchObject({ code: 1, stderr: expect.stringContaining('Shard 1 of 4 (kling) waits: ') });

  await Promise.all(dead.map((server) => server.restart()));
  await everywhere((redis) => redis.config('SET', 'cluster-require-full-coverage', 'yes'));
  await expect.poll(async () => (await house.dailies('status')).stdout, { interval: 300 }).toMatch(/^films +5 +5 /m);
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
  await releaseRestored(first, [{ shard: first, sign: '' }], '');
  await holdTogether(store);
  expect(await heldNumbers(store)).toEqual(beside.slice(1));
  await afterRestore({ store, queues });
  await holdTogether(store);
  expect(await heldNumbers(store)).toEqual([]);
});

/** A ledger of four shards with a batch of five in it, one of each provider, and everything that shows it. Nobody works on it. */
async function openHouse() {
  const { store, tag } = openTestLedger(cluster.url, 4);
  const place = await mkdtemp(path.join(os.tmpdir(), 'dailies-house-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  const environment = {
    REDIS_URL: cluster.url, REDIS_TAG: tag, SHARDS: '4', DAILIES_DIR: place, OUT_DIR: place, LOG_LEVEL: 'silent', PORT: '0', DASHBOARD_PORT: '0', DASHBOARD_PASSWORD: 'a long enough one',
    ALLEGRO_API_KEY: 'a', KLING_API_KEY: 'k', KLING_ENDPOINT_PATH: 'x', ACEDATA_API_KEY: 'd',
  };
  const config = loadConfig(environment, { root: place, cwd: place });
  const parts = { config, redisUrl: cluster.url, log: LOG };
  const dashboard = createDashboard(parts);
  const api = createApi({ ...parts, version: '0.0.0-test' });
  const [{ url: board }, { url }] = [await dashboard.start(), await api.start()];
  onTestFinished(async () => {
    await Promise.all([dashboard.stop(1_000), api.stop(1_000)]);
  });
  await accept(store, 'films', PROVIDER_NAMES.map((name) => newGeneration(`${name}-0`, { provider: name, account: config.providers[name].account?.id ?? '' })));
  return {
    store,
    config,
    dailies: (...words: string[]) => dailies(environment, place, words),
    async overview(): Promise<string> {
      const response = await fetch(board, { headers: { authorization: basic('admin', 'a long enough one'), accept: 'text/html' } });
      return response.text();
    },
    async post(body: object) {
      const response = await fetch(`${url}/v1/generations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    },
  };
}

async function everywhere(act: (redis: Redis) => Promise<unknown>): Promise<void> {
  await Promise.all(cluster.servers.map((server) => server.ask(act).catch(() => undefined)));
}

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
