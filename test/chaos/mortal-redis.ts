/**
 * The Redis that a part kills: its own, of the kind that the run is on. Alone it comes back from its append-only file; behind Sentinels and in a
 * Cluster another one follows, and the dead one comes back as its replica.
 */
import path from 'node:path';
import { REPLICAS, type RedisKind } from '../support/redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { startChaosRedis } from './chaos-redis.ts';
import { type Proxy, startProxy } from './proxy.ts';

export interface MortalRedis {
  url: string;
  workersUrl: string;
  /** Between the workers and it. Null where Sentinels, or a Cluster, name the servers themselves. */
  wire: Pick<Proxy, 'silenceThoseConnected'> | null;
  /** What the workers must wait for before a paid request. */
  replicas: number;
  /** How it is killed and comes back, for the report: a whole sentence. */
  did: string;
  /** Whoever serves is gone, by SIGKILL. */
  kill(): Promise<void>;
  /** Resolves when somebody serves again. */
  restart(): Promise<void>;
  /** Nobody is left who could follow. */
  killAll(): Promise<void>;
  restartAll(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  close(): Promise<void>;
}

export function startMortalRedis(kind: RedisKind, folder: string): Promise<MortalRedis> {
  return START[kind](folder);
}

const START: Readonly<Record<RedisKind, (folder: string) => Promise<MortalRedis>>> = { standalone: alone, sentinel: behindSentinels, cluster: ofCluster };

async function alone(folder: string): Promise<MortalRedis> {
  const server = await startChaosRedis(folder);
  const wire = await startProxy(server.port);
  const kill = (): Promise<void> => server.kill();
  const restart = (): Promise<void> => server.restart();
  return {
    url: server.url,
    workersUrl: `redis://127.0.0.1:${wire.port}`,
    wire,
    replicas: 0,
    did: 'Redis is killed (SIGKILL) again and again under load, and restarted from its append-only file.',
    kill,
    restart,
    killAll: kill,
    restartAll: restart,
    freeze: () => Promise.resolve(server.freeze()),
    thaw: () => server.thaw(),
    async close() {
      await wire.close();
      await server.close();
    },
  };
}

async function behindSentinels(folder: string): Promise<MortalRedis> {
  const trio = await startRedisSentinel(path.join(folder, 'sentinel'));
  let down: RedisServer[] = [];
  return {
    url: trio.url,
    workersUrl: trio.url,
    wire: null,
    replicas: REPLICAS.sentinel,
    did: 'The master behind Sentinels is killed (SIGKILL) again and again under load, and comes back as a replica of its successor.',
    async kill() {
      // Whoever lacks a replica may lose what nobody waits for: that is the business of fail-over.test.ts.
      await trio.whole();
      down = [await trio.master()];
      await Promise.all(down.map((server) => server.kill()));
    },
    async restart() {
      await Promise.all(down.map((server) => trio.failedOver(server)));
      await Promise.all(down.map((server) => server.restart()));
    },
    ...allTogether(trio),
    async freeze() {
      await trio.whole();
      down = [await trio.master()];
      for (const server of down) server.freeze();
    },
    thaw() {
      for (const server of down) server.thaw();
    },
    close: () => trio.close(),
  };
}

/** Its masters die in turn: each has shards of the ledger. */
async function ofCluster(folder: string): Promise<MortalRedis> {
  const cluster = await startRedisCluster(path.join(folder, 'cluster'));
  let down: { server: RedisServer; key: string }[] = [];
  let turn = 0;
  const choose = async (): Promise<void> => {
    // Whoever lacks its replica may lose what nobody waits for: that is the business of fail-over.test.ts.
    await cluster.whole();
    const key = KEYS_APART[turn % KEYS_APART.length] ?? '';
    turn += 1;
    down = [{ server: await cluster.masterOf(key), key }];
  };
  return {
    url: cluster.url,
    workersUrl: cluster.url,
    wire: null,
    replicas: REPLICAS.cluster,
    did: 'The masters of a Cluster are killed (SIGKILL) in turn under load, and come back as replicas of their successors.',
    async kill() {
      await choose();
      await Promise.all(down.map(({ server }) => server.kill()));
    },
    async restart() {
      await Promise.all(down.map(({ server, key }) => cluster.failedOver(key, server)));
      await Promise.all(down.map(({ server }) => server.restart()));
    },
    ...allTogether(cluster),
    async freeze() {
      await choose();
      for (const { server } of down) server.freeze();
    },
    thaw() {
      for (const { server } of down) server.thaw();
    },
    close: () => cluster.close(),
  };
}

/** Slots 3,300, 7,365 and 15,495: one in each third. */
const KEYS_APART = ['b', 'c', 'a'];

/** Nobody is killed before the last fault is mended, and nobody counts as back before each has its role. */
function allTogether({ servers, whole }: { servers: readonly RedisServer[]; whole: () => Promise<unknown> }): Pick<MortalRedis, 'killAll' | 'restartAll'> {
  return {
    async killAll() {
      await whole();
      await Promise.all(servers.map((server) => server.kill()));
    },
    async restartAll() {
      await Promise.all(servers.map((server) => server.restart()));
      await whole();
    },
  };
}
