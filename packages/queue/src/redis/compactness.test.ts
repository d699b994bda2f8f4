import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type RedisServer, freePort, startRedisServer } from '../../../../test/support/redis-server.ts';
import { checkCompactness } from './compactness.ts';

let folders: string[];
let servers: RedisServer[];
let redis: Redis;

/** A master and its replica, with Redis's own limit of 64 bytes. */
beforeAll(async () => {
  folders = [];
  servers = [];
  for (const _ of ['master', 'replica']) {
    const folder = await mkdtemp(join(tmpdir(), 'dailies-compactness-'));
    folders.push(folder);
    const [master] = servers;
    const words = master === undefined ? [] : ['--replicaof', '127.0.0.1', String(master.port)];
    servers.push(await startRedisServer({ folder, port: await freePort(), words }));
  }
  redis = new Redis(servers[0]?.port ?? 0, '127.0.0.1');
  // A replica that has acknowledged a write is one that the master names.
  await redis.set('a write', '');
  expect(await redis.wait(1, 20_000)).toBe(1);
});

afterEach(() => setBoth('64'));

afterAll(async () => {
  redis.disconnect();
  for (const server of servers.toReversed()) await server.kill();
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
});

function setBoth(value: string): Promise<unknown> {
  return Promise.all(servers.map((server) => set(server, value)));
}

function set(server: RedisServer, value: string): Promise<unknown> {
  // This older name is understood by every version.
  return server.ask((one) => one.config('SET', 'hash-max-ziplist-value', value));
}

test('a limit below the length of a prompt is a warning with its remedy, said once for all servers', async () => {
  expect(await checkCompactness(redis)).toEqual([
    { level: 'warn', what: expect.stringMatching(/^Records take about twice .*hash-max-(listpack|ziplist)-value 64/) as string, remedy: expect.stringMatching(/CONFIG SET hash-max-(listpack|ziplist)-value 2048/) as string },
  ]);
});

test('a limit that is high enough is not spoken of', async () => {
  await setBoth('2048');
  expect(await checkCompactness(redis)).toEqual([]);
});

test('a replica alone is named by its place', async () => {
  await Promise.all(servers.slice(0, 1).map((master) => set(master, '4096')));
  const [only] = await checkCompactness(redis);
  expect(only?.what).toMatch(new RegExp(`^127\\.0\\.0\\.1:${servers[1]?.port}: Records take`));
});

test('where CONFIG is refused, nothing is guessed', async () => {
  await Promise.all(servers.map((server) => server.ask((one) => one.call('ACL', 'SETUSER', 'managed', 'on', '>managed', '~*', '+@all', '-config'))));
  const managed = new Redis(servers[0]?.port ?? 0, '127.0.0.1', { username: 'managed', password: 'managed' });
  expect(await checkCompactness(managed)).toEqual([]);
  managed.disconnect();
});
