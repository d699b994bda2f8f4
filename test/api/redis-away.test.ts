/** Redis away: 503 within two seconds, nothing by halves, and all well again by itself. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { Redis } from 'ioredis';
import { cancelGeneration, type Keys, shardOf } from '@dailies/queue';
import { startChaosRedis, type ChaosRedis } from '../chaos/chaos-redis.ts';
import { type Answered, openApi, type TestApi } from '../support/api.ts';
import { accept, countIn, keysOf as keysLike, newGeneration } from '../support/ledger.ts';
import { REPLICAS } from '../support/redis.ts';

const PROMPT = { provider: 'luma', prompt: 'a boat' };
/** The promise. */
const SOON_MS = 2_000;
/** For the way of an answer. */
const WAY_MS = 500;

test('Redis killed in a storm of POSTs: what was answered 202 is there afterwards, all else was 503 in time, and it heals', async () => {
  const { api, redis, ledger } = await openAway();
  const accepted: string[] = [];
  const batches: { name: string; status: number }[] = [];
  const late: string[] = [];
  let asked = 0;
  let isKilled = false;
  /** The longest way of an answer before Redis is killed: on a slow machine the storm itself takes seconds. */
  let wayMs = WAY_MS;
  const stop = new AbortController();
  const caller = async (who: number): Promise<void> => {
    for (let at = 0; !stop.signal.aborted; at += 1) {
      const id = `c${who}-${at}`;
      asked += 1;
      const askedAt = performance.now();
      const { answer, isSoon } = await timed(api.ask('POST', '/v1/generations', { ...PROMPT, id }), wayMs);
      if (!isKilled) wayMs = Math.max(wayMs, performance.now() - askedAt);
      else if (!isSoon) late.push(id);
      expect([202, 503]).toContain(answer.status);
      if (answer.status === 202) accepted.push(id);
      else {
        await expectAway(answer);
        // Twenty callers that ask again at once would only measure themselves.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const batcher = async (): Promise<void> => {
    for (let at = 0; !stop.signal.aborted; at += 1) {
      const name = `batch-${at}`;
      const items = Array.from({ length: 600 }, (_, line) => ({ ...PROMPT, prompt: `${name} ${line}` }));
      const { status } = await api.ask('POST', '/v1/batches', { batch: name, items });
      expect([202, 503]).toContain(status);
      batches.push({ name, status });
    }
  };
  const storm = Promise.all([...Array.from({ length: 20 }, (_, who) => caller(who)), batcher()]);
  await enough(() => accepted.length > 200 && batches.length > 0);
  isKilled = true;
  await redis.kill();
  const before = accepted.length;
  expect((await api.ask('GET', '/readyz')).body).toEqual({ status: 'not ready', redis: 'away' });
  expect((await api.ask('GET', '/healthz')).status).toBe(200);
  await expectAway(await api.ask('GET', '/v1/generations'));
  await redis.restart();
  await enough(() => accepted.length > before + 100);
  stop.abort();
  await storm;
  expect((await api.ask('GET', '/readyz')).status).toBe(200);
  expect(late.length).toBeLessThan(asked / 100);
  for (const id of accepted) expect(await ledger.zscore(keysOf(api).all, id), id).not.toBeNull();
  // By halves there is none: a batch is whole, or it is not there.
  for (const { name, status } of batches) {
    const total = Number((await ledger.hget(keysOf(api).batch(name), 'total')) ?? 0);
    expect(status === 202 ? [600] : [0, 600], name).toContain(total);
  }
});

test('a Redis that is frozen is answered for with 503 in time, and thawed it goes on', async () => {
  const { api, redis, ledger } = await openAway();
  expect((await api.ask('POST', '/v1/generations', PROMPT)).status).toBe(202);
  redis.freeze();
  try {
    const { answer: answers, isSoon } = await timed(Promise.all([
      ...Array.from({ length: 30 }, () => api.ask('POST', '/v1/generations', PROMPT)),
      api.ask('POST', '/v1/generations', PROMPT, { 'idempotency-key': 'frozen' }),
      api.ask('GET', '/v1/generations'),
      api.ask('POST', '/v1/batches', { batch: 'b', items: [PROMPT] }),
    ]));
    expect(isSoon).toBe(true);
    for (const answer of answers) await expectAway(answer);
    expect((await api.ask('GET', '/readyz')).status).toBe(503);
  } finally {
    redis.thaw();
  }
  await enough(async () => (await api.ask('GET', '/readyz')).status === 200);
  // Nor was anything accepted afterwards for those who were told 503.
  expect(await ledger.zcard(keysOf(api).all)).toBe(1);
  expect((await api.ask('POST', '/v1/generations', PROMPT, { 'idempotency-key': 'frozen' })).status).toBe(202);
});

test('an API that is started while Redis is away answers 503, and works when Redis comes: what it accepts has its job', async () => {
  const { redis, ledger, start } = await openRedis();
  await redis.kill();
  const api = await start();
  await expectAway(await api.ask('POST', '/v1/generations', PROMPT));
  await redis.restart();
  await enough(async () => (await api.ask('GET', '/readyz')).status === 200);
  const accepted = await api.ask('POST', '/v1/generations', { ...PROMPT, id: 'first' });
  expect(accepted.status).toBe(202);
  await enough(async () => (await ledger.exists(`${keysOf(api).prefix}:luma-submit:first-1`)) === 1);
  expect((await api.ask('DELETE', '/v1/generations/first')).body).toMatchObject({ outcome: 'canceled' });
});

test('with REDIS_REPLICAS more than there are, nothing is accepted and nothing is left', async () => {
  const { ask, store } = await openApi({ REDIS_REPLICAS: String(REPLICAS[inject('redisKind')] + 1) });
  expect(await ask('POST', '/v1/generations', PROMPT)).toMatchObject({ status: 503, body: { code: 'too-few-replicas' } });
  expect(await ask('POST', '/v1/batches', { batch: 'b', items: [PROMPT] })).toMatchObject({ status: 503, body: { code: 'too-few-replicas' } });
  expect(await countIn(store, ({ all }) => all)).toBe(0);
});

test('a cancel is answered only when the replicas have it; it is done all the same', async () => {
  const { ask, ...ledger } = await openApi({ REDIS_REPLICAS: String(REPLICAS[inject('redisKind')] + 1) });
  await accept(ledger.store, 'b', [newGeneration('one'), newGeneration('two')]);
  for (const path of ['/v1/generations/one', '/v1/batches/b']) {
    const { status, headers, body } = await ask('DELETE', path);
    expect([status, headers.get('retry-after'), body]).toMatchObject([503, '5', { code: 'too-few-replicas', detail: expect.stringContaining('a fail-over could forget it') }]);
  }
  expect([await ledger.generation('one'), await ledger.generation('two')]).toMatchObject([{ state: 'canceled' }, { state: 'canceled' }]);
});

test('under an Idempotency-Key nothing is done before enough replicas have what it stands for, since the work may be on another master', async () => {
  const { ask, ...ledger } = await openApi({ SHARDS: '2', REDIS_REPLICAS: String(REPLICAS[inject('redisKind')] + 1) });
  await accept(ledger.store, null, [newGeneration('one')]);
  await cancelGeneration(ledger, 'one');
  const key = { 'idempotency-key': 'again' };
  for (const _ of [1, 2]) {
    expect(await ask('POST', '/v1/generations/one/retry', undefined, key)).toMatchObject({ status: 503, body: { code: 'too-few-replicas' } });
  }
  expect(await ledger.generation('one')).toMatchObject({ state: 'canceled' });
  const [kept = ''] = await keysLike(ledger.redis, ledger.store.keys.idempotency('*'));
  expect(await ledger.redis.hkeys(kept)).toEqual(['request', 'nonce', 'by', 'shared']);
});

async function openAway(): Promise<{ api: TestApi; redis: ChaosRedis; ledger: Redis }> {
  const { redis, ledger, start } = await openRedis();
  return { api: await start(), redis, ledger };
}

async function openRedis(): Promise<{ redis: ChaosRedis; ledger: Redis; start: () => Promise<TestApi> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-away-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const redis = await startChaosRedis(folder);
  onTestFinished(() => redis.close());
  const ledger = new Redis(redis.url, { maxRetriesPerRequest: null });
  ledger.on('error', () => undefined);
  onTestFinished(() => ledger.disconnect());
  return { redis, ledger, start: () => openApi({}, redis.url) };
}

/**
 * `isSoon`: it came before a timer of this process, in which the API runs, too. On a machine that is too busy to wake the API in time,
 * that timer is as late.
 */
async function timed<T>(answering: Promise<T>, wayMs = WAY_MS): Promise<{ answer: T; isSoon: boolean }> {
  let isSoon = true;
  // What has already arrived is read before the turn ends.
  const timer = setTimeout(() => setImmediate(() => (isSoon = false)), SOON_MS + wayMs);
  try {
    const answer = await answering;
    return { answer, isSoon };
  } finally {
    clearTimeout(timer);
  }
}

/** Of the shard that the work of luma is in. */
function keysOf({ store }: TestApi): Keys {
  return shardOf(store, 'acedata').keys;
}

async function expectAway({ status, headers, body }: Answered): Promise<void> {
  expect(status).toBe(503);
  expect(body).toMatchObject({ code: 'redis-away' });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

/** Asks again and again: what is waited for happens in other processes. */
async function enough(wanted: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await wanted())) await new Promise((resolve) => setTimeout(resolve, 20));
}
