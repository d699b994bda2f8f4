/** Redis behind Sentinels for tests: a master, two replicas and three Sentinels, on free ports. A dead master is replaced within a few seconds. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from './redis-cluster.ts';
import { type RedisServer, freePort, startRedisServer } from './redis-server.ts';

export interface TestSentinel {
  url: string;
  servers: readonly RedisServer[];
  sentinels: readonly RedisServer[];
  /** The master that the Sentinels name now. */
  master(): Promise<RedisServer>;
  replicas(): Promise<RedisServer[]>;
  /** Resolves when the Sentinels name another server, and it is a master with this many replicas. */
  failedOver(old: RedisServer, replicas?: number): Promise<void>;
  /** Resolves when the master that the Sentinels name has both replicas. */
  whole(): Promise<void>;
  close(): Promise<void>;
}

const NAME = 'main';
const DOWN_AFTER_MS = 1_500;
/** A fail-over that failed because the votes were split is tried again after twice this time. */
const FAIL_OVER_MS = 2_000;
/**
 * By default Sentinels look around every ten seconds, and pause for half a minute after they got no CPU for two seconds: on a loaded machine that is as
 * long as a test. Milliseconds; servers before 7.0 do not have these settings.
 */
const HASTE = { 'info-period': 500, 'publish-period': 250, 'tilt-trigger': 60_000 };

export async function startRedisSentinel(folder: string): Promise<TestSentinel> {
  const servers: RedisServer[] = [];
  for (let at = 0; at < 3; at += 1) {
    const place = path.join(folder, `redis-${at}`);
    await mkdir(place, { recursive: true });
    // The Sentinels make each server store whom it follows, so a promoted one comes back as a master.
    const file = path.join(place, 'redis.conf');
    await writeFile(file, `repl-diskless-sync-delay 0\n${servers[0] === undefined ? '' : `replicaof 127.0.0.1 ${servers[0].port}\n`}`);
    servers.push(await startRedisServer({ folder: place, port: await freePort(), file }));
  }
  const [first, ...others] = servers;
  if (first === undefined) throw new Error('no server');
  await until(() => hasReplicas(first, others.length));
  const sentinels: RedisServer[] = [];
  for (let at = 0; at < 3; at += 1) sentinels.push(await startSentinel(path.join(folder, `sentinel-${at}`), first.port));
  await until(async () => (await Promise.all(sentinels.map(knowsAll))).every(Boolean));
  const byPort = (port: number): RedisServer | undefined => servers.find((one) => one.port === port);
  const master = async (): Promise<RedisServer> => {
    for (const sentinel of sentinels) {
      const found = await sentinel.ask((redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)).catch(() => null);
      const server = Array.isArray(found) ? byPort(Number(found[1])) : undefined;
      if (server !== undefined) return server;
    }
    throw new Error('no Sentinel knows the master');
  };
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    servers,
    sentinels,
    master,
    async replicas() {
      const now = await master();
      return servers.filter((server) => server !== now);
    },
    failedOver: (old, replicas = 0) => until(async () => {
      const now = await master();
      return now !== old && (await hasReplicas(now, replicas).catch(() => false));
    }),
    whole: () => until(async () => hasReplicas(await master(), servers.length - 1).catch(() => false)),
    async close() {
      await Promise.all([...sentinels, ...servers].map((server) => server.kill()));
    },
  };
}

async function startSentinel(folder: string, masterPort: number): Promise<RedisServer> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const file = path.join(folder, 'sentinel.conf');
  await writeFile(file, `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 2
sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}
sentinel failover-timeout ${NAME} ${FAIL_OVER_MS}
sentinel parallel-syncs ${NAME} 2
`);
  const sentinel = await startRedisServer({ folder, port, file, isSentinel: true });
  await sentinel.ask((redis) => redis.call('SENTINEL', 'DEBUG', ...Object.entries(HASTE).flatMap(([name, ms]) => [name, ms]))).catch(() => undefined);
  return sentinel;
}

async function knowsAll(sentinel: RedisServer): Promise<boolean> {
  const info = await sentinel.ask((redis) => redis.info('sentinel'));
  return /slaves=2,sentinels=3/.test(info);
}

async function hasReplicas(server: RedisServer, count: number): Promise<boolean> {
  const info = await server.ask((redis) => redis.info('replication'));
  return info.includes('role:master') && (info.match(/state=online/g) ?? []).length >= count;
}
