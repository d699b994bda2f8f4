/**
 * The real Redis of a run of the suite, on free ports and in a temporary folder, removed when the run ends. Each test has its own hash tag, and so its
 * own keys. DAILIES_TEST_REDIS=sentinel or cluster runs the same suite on a Sentinel trio, or on a Cluster of three masters.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedisSentinel } from './redis-sentinel.ts';
import { freePort, startRedisServer } from './redis-server.ts';

export const KINDS = ['standalone', 'sentinel', 'cluster'] as const;
export type RedisKind = (typeof KINDS)[number];

/** How many replicas a master has, in each kind. */
export const REPLICAS: Readonly<Record<RedisKind, number>> = { standalone: 0, sentinel: 2, cluster: 1 };

declare module 'vitest' {
  export interface ProvidedContext {
    redisUrl: string;
    redisKind: RedisKind;
    /** The ports of all its servers and Sentinels. */
    redisPorts: number[];
  }
}

export default async function startRedis(project: TestProject): Promise<() => Promise<void>> {
  const word = process.env['DAILIES_TEST_REDIS'] ?? 'standalone';
  const kind = KINDS.find((one) => one === word);
  if (kind === undefined) throw new Error(`DAILIES_TEST_REDIS is one of ${KINDS.join(', ')}`);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-test-redis-'));
  const redis = await START[kind](folder);
  project.provide('redisUrl', redis.url);
  project.provide('redisKind', kind);
  project.provide('redisPorts', redis.ports);
  return async () => {
    await redis.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
}

interface Started {
  url: string;
  ports: number[];
  close(): Promise<void>;
}

const START: Readonly<Record<RedisKind, (folder: string) => Promise<Started>>> = {
  async standalone(folder) {
    const server = await startRedisServer({ folder, port: await freePort() });
    return { url: `redis://127.0.0.1:${server.port}`, ports: [server.port], close: () => server.kill() };
  },
  async sentinel(folder) {
    const trio = await startRedisSentinel(folder);
    return { ...trio, ports: [...trio.servers, ...trio.sentinels].map(({ port }) => port) };
  },
  async cluster(folder) {
    const cluster = await startRedisCluster(folder);
    return { ...cluster, ports: cluster.servers.map(({ port }) => port) };
  },
};
