/** What the doctor sees of a Redis with replicas: every server is looked at, and REDIS_REPLICAS is held against what may be promoted. Of a Cluster: cluster.test.ts. */
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { checkDurability, closeRedis, connectForProducer, connectForWorker, createLog, whenReady } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startRedisSentinel } from '../support/redis-sentinel.ts';

test('behind Sentinels the replicas are looked at as well, and those that may be promoted have to be counted', async () => {
  const redis = await started(startRedisSentinel);
  const [replica] = await redis.replicas();
  await replica?.ask((server) => server.config('SET', 'appendfsync', 'everysec'));

  const found = await findings(redis.url, 1);

  expect(found.find(({ what }) => what.startsWith('One master'))?.what).toMatch(/^One master: 127\.0\.0\.1:\d+ ← 127\.0\.0\.1:\d+ ← 127\.0\.0\.1:\d+\.$/);
  expect(found.filter(({ level }) => level !== 'ok').map(({ what }) => what)).toEqual([
    expect.stringMatching(new RegExp(`^127.0.0.1:${replica?.port}: Writes are acknowledged before they are on disk`)),
    expect.stringContaining('has 2 replicas that may be promoted, and REDIS_REPLICAS is 1'),
  ]);
  await replica?.ask((server) => server.config('SET', 'replica-priority', '0'));
  expect((await findings(redis.url, 1)).filter(({ what }) => what.includes('REDIS_REPLICAS')).map(({ level }) => level)).toEqual(['ok']);
});

test('a master that is reached by a host name has the replicas that it names', async () => {
  const redis = await started(startRedisSentinel);
  const { port } = await redis.master();

  const found = await findings(`redis://localhost:${port}`, 2);

  expect(found.find(({ what }) => what.startsWith('One master'))?.what).toMatch(/^One master: localhost:\d+ ← 127\.0\.0\.1:\d+ ← 127\.0\.0\.1:\d+\.$/);
  expect(found.filter(({ level }) => level !== 'ok')).toEqual([]);
});

test('a connection that quits, as BullMQ ends its own, leaves none to the Sentinels behind, and prints nothing of a Sentinel that is away', async () => {
  const redis = await started(startRedisSentinel);
  const [sentinel, away] = redis.sentinels;
  await away?.kill();
  const printed = vi.spyOn(console, 'error');
  onTestFinished(() => printed.mockRestore());
  const listeners = async (): Promise<number> => String(await sentinel?.ask((server) => server.client('LIST', 'TYPE', 'PUBSUB'))).split('\n').filter((line) => line.includes('id=')).length;
  const connection = connectForWorker(redis.url, { name: 'topology', log: createLog({ level: 'silent', name: 'test' }) });
  await whenReady(connection, 10_000);
  await expect.poll(listeners).toBe(1);

  await connection.quit();
  await expect.poll(listeners).toBe(0);
  expect(printed.mock.calls).toEqual([]);
});

test('while no server is there to be followed, trying again piles nothing up', async () => {
  const redis = await started(startRedisSentinel);
  const connection = connectForWorker(redis.url, { name: 'topology', log: createLog({ level: 'silent', name: 'test' }) });
  onTestFinished(() => connection.disconnect());
  await whenReady(connection, 10_000);
  const most = EventEmitter.defaultMaxListeners;
  // Below the default of ten, so that six tries tell.
  EventEmitter.defaultMaxListeners = 5;
  const warnings: string[] = [];
  const warn = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', warn);
  onTestFinished(() => {
    EventEmitter.defaultMaxListeners = most;
    process.off('warning', warn);
  });

  let tries = 0;
  connection.on('reconnecting', () => (tries += 1));
  await Promise.all(redis.servers.map((server) => server.kill()));
  await expect.poll(() => tries).toBeGreaterThan(6);
  expect(warnings).toEqual([]);
});

async function started<T extends { close(): Promise<void> }>(start: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-topology-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const redis = await start(folder);
  onTestFinished(() => redis.close());
  return redis;
}

async function findings(url: string, replicas: number): ReturnType<typeof checkDurability> {
  const redis = connectForProducer(url, { name: 'doctor', log: createLog({ level: 'silent', name: 'test' }) });
  try {
    await whenReady(redis, 5_000);
    return await checkDurability(redis, replicas);
  } finally {
    await closeRedis(redis, 1_000);
  }
}
