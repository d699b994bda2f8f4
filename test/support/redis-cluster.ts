/**
 * A Redis Cluster for tests: three masters with a replica each, on free ports, ready within a few seconds. Slots are moved by CLUSTER SETSLOT and
 * MIGRATE, as redis-cli does it, so that a test can hold a slot half-way.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { type RedisServer, freeClusterPort, startRedisServer } from './redis-server.ts';

export interface TestCluster {
  url: string;
  servers: readonly RedisServer[];
  /** The server that serves this key now. */
  masterOf(key: string): Promise<RedisServer>;
  replicasOf(key: string): Promise<RedisServer[]>;
  /** Resolves when another server than this one serves the key. */
  failedOver(key: string, old: RedisServer): Promise<void>;
  /** Resolves when all servers are up and each master has its replica. */
  whole(): Promise<void>;
  /** Begins to move this key's slot to another master, without moving any key yet: from now on the slot is half-way. */
  beginMove(key: string): Promise<SlotMove>;
  close(): Promise<void>;
}

interface SlotMove {
  /** Moves so many keys and leaves the slot half-way. Answers how many were moved. */
  some(keys: number): Promise<number>;
  /** Moves the remaining keys and tells every master. */
  finish(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;
/** Short, so that tests need not wait, and long enough that a server on a loaded machine is not taken for dead. */
const NODE_TIMEOUT_MS = 2_000;

export async function startRedisCluster(folder: string): Promise<TestCluster> {
  const servers: RedisServer[] = [];
  for (let at = 0; at < 2 * MASTERS; at += 1) {
    const port = await freeClusterPort();
    const place = path.join(folder, `node-${at}`);
    await mkdir(place, { recursive: true });
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-config-file': 'nodes.conf',
      'cluster-node-timeout': NODE_TIMEOUT_MS,
      'cluster-replica-validity-factor': 0,
      'repl-diskless-sync-delay': 0,
    };
    const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    servers.push(await startRedisServer({ folder: place, port, words }));
  }
  await form(servers);
  const byPort = (port: number): RedisServer => {
    const found = servers.find((one) => one.port === port);
    if (found === undefined) throw new Error(`no node at ${port}`);
    return found;
  };
  const shard = async (key: string, except?: RedisServer): Promise<RedisServer[]> => {
    for (const server of servers) {
      if (server === except) continue;
      const nodes = await server.ask((redis) => nodesOf(redis, key)).catch(() => []);
      if (nodes.length > 0) return nodes.map(([, port]) => byPort(port));
    }
    throw new Error(`nobody serves ${key}`);
  };
  const masterOf = async (key: string): Promise<RedisServer> => {
    const [master] = await shard(key);
    if (master === undefined) throw new Error(`nobody serves ${key}`);
    return master;
  };
  return {
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers,
    masterOf,
    replicasOf: async (key) => (await shard(key)).slice(1),
    whole: () => until(async () => (await Promise.all(servers.map((server) => isWhole(server).catch(() => false)))).every(Boolean)),
    failedOver: (key, old) => until(async () => (await shard(key, old).catch(() => [old]))[0] !== old),
    async beginMove(key) {
      const source = await masterOf(key);
      const slot = await source.ask((redis) => redis.cluster('KEYSLOT', key));
      const target = await otherMaster(servers, source);
      const [sourceId, targetId] = [await idOf(source), await idOf(target)];
      await target.ask((redis) => redis.cluster('SETSLOT', slot, 'IMPORTING', sourceId));
      await source.ask((redis) => redis.cluster('SETSLOT', slot, 'MIGRATING', targetId));
      const some = async (most: number): Promise<number> =>
        source.ask(async (redis) => {
          const keys = await redis.cluster('GETKEYSINSLOT', slot, most);
          if (keys.length > 0) await redis.call('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'KEYS', ...keys);
          return keys.length;
        });
      return {
        some,
        async finish() {
          while ((await some(100)) > 0);
          // The target is told first: if the source dies now, the slot still has an owner.
          for (const server of [target, source]) await server.ask((redis) => redis.cluster('SETSLOT', slot, 'NODE', targetId));
        },
      };
    },
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
    },
  };
}

async function form(servers: readonly RedisServer[]): Promise<void> {
  const masters = servers.slice(0, MASTERS);
  for (const [at, server] of servers.entries()) {
    const [from, to] = [Math.ceil((at * SLOTS) / MASTERS), Math.ceil(((at + 1) * SLOTS) / MASTERS) - 1];
    await server.ask(async (redis) => {
      await redis.cluster('SET-CONFIG-EPOCH', at + 1);
      if (at < MASTERS) await redis.cluster('ADDSLOTS', ...Array.from({ length: to - from + 1 }, (_, offset) => from + offset));
      for (const other of servers.slice(0, at)) await redis.cluster('MEET', '127.0.0.1', other.port);
    });
  }
  await until(async () => (await Promise.all(servers.map(known))).every((count) => count === servers.length));
  for (const [at, server] of servers.slice(MASTERS).entries()) {
    const master = masters[at];
    if (master === undefined) continue;
    const id = await idOf(master);
    await server.ask((redis) => redis.cluster('REPLICATE', id));
  }
  await until(async () => (await Promise.all(servers.map(isWhole))).every(Boolean));
}

async function otherMaster(servers: readonly RedisServer[], source: RedisServer): Promise<RedisServer> {
  for (const server of servers) {
    if (server !== source && (await server.ask((redis) => redis.role()).catch(() => []))[0] === 'master') return server;
  }
  throw new Error('no other master');
}

/** The master of a key's slot, then its replicas. */
async function nodesOf(redis: Redis, key: string): Promise<[string, number][]> {
  const slot = await redis.cluster('KEYSLOT', key);
  const [, , ...nodes] = (await redis.cluster('SLOTS')).find(([from, to]) => slot >= from && slot <= to) ?? [0, 0];
  return nodes.map(([host, port]) => [host, port]);
}

const idOf = (server: RedisServer): Promise<string> => server.ask((redis) => redis.cluster('MYID'));

async function known(server: RedisServer): Promise<number> {
  const nodes = String(await server.ask((redis) => redis.cluster('NODES')));
  return nodes.trim().split('\n').filter((line) => !line.includes('handshake')).length;
}

async function isWhole(server: RedisServer): Promise<boolean> {
  return server.ask(async (redis) => {
    const info = await redis.info('replication');
    const isLinked = info.includes('role:master') ? info.includes('state=online') : info.includes('master_link_status:up');
    const ranges = (await redis.cluster('SLOTS')) as unknown[][];
    const isTold = ranges.length === MASTERS && ranges.every((range) => range.length === 4);
    return isLinked && isTold && (await redis.cluster('INFO')).includes('cluster_state:ok');
  });
}

export async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setTimeout(resolve, 50));
}
