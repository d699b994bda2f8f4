import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type EmbeddedRedis, startEmbeddedRedis } from '../embedded/embedded-redis.ts';
import { checkDurability } from './durability.ts';

let folder: string;
let embedded: EmbeddedRedis;
let redis: Redis;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dailies-durability-'));
  embedded = await startEmbeddedRedis({ folder, log: pino({ level: 'silent' }), secondLookMs: 50 });
  redis = new Redis(embedded.url, { connectionName: `dailies-${process.pid}-test` });
});

afterEach(async () => {
  await redis.config('SET', 'appendfsync', 'always');
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
  await redis.config('SET', 'maxmemory', '0');
});

afterAll(async () => {
  redis.disconnect();
  await embedded.release();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

async function faults(connection = redis): Promise<string[]> {
  const findings = await checkDurability(connection);
  return findings.filter(({ level }) => level !== 'ok').map(({ level, what }) => `${level}: ${what}`);
}

test('the embedded Redis keeps what it acknowledges', async () => {
  expect(await faults()).toEqual([]);
  expect(await checkDurability(redis)).toHaveLength(4);
});

test('a Redis without the append-only file is an error', async () => {
  await redis.config('SET', 'appendonly', 'no');

  expect(await faults()).toEqual([expect.stringMatching(/^error: .*appendonly no/)]);

  // A server that writes its first append-only file refuses to be stopped.
  await redis.config('SET', 'appendonly', 'yes');
  await expect.poll(() => redis.info('persistence')).toMatch(/aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/);
});

test('a Redis that acknowledges before it has written is a warning', async () => {
  await redis.config('SET', 'appendfsync', 'everysec');

  expect(await faults()).toEqual([expect.stringMatching(/^warn: .*everysec/)]);
});

test('a Redis that is full is an error, and one that is nearly full a warning', async () => {
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(Math.round(used * 0.8)));
  expect(await faults()).toEqual([expect.stringMatching(/^error: Redis is full .* refuses every write/)]);
  await redis.config('SET', 'maxmemory', String(Math.round(used * 1.05)));
  expect(await faults()).toEqual([expect.stringMatching(/^warn: Redis is nearly full .* 9\d % of maxmemory/)]);
});

test('eviction is a warning, and an error once memory is limited', async () => {
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await faults()).toEqual([expect.stringMatching(/^warn: .*allkeys-lru/)]);

  // It is as good as full, and stays so, since it throws keys away.
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(Math.round(used * 1.05)));
  expect(await faults()).toEqual([expect.stringMatching(/^error: .*allkeys-lru/)]);
});

test('where CONFIG is refused, what cannot be verified is said, and what INFO shows is used', async () => {
  await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
  await redis.call('ACL', 'SETUSER', 'managed', 'on', '>managed', '~*', '+@all', '-config');
  const managed = new Redis(embedded.url.replace(/:\/\/:[^@]*@/, '://managed:managed@'), { connectionName: `dailies-${process.pid}-managed` });

  expect(await faults(managed)).toEqual([
    expect.stringMatching(/^warn: .*refuses CONFIG/),
    expect.stringMatching(/^warn: .*volatile-lru/),
  ]);
  managed.disconnect();
});
