/**
 * The servers behind a connection: the one that it leads to and its replicas, or every node of a Cluster. They are for checks of the servers themselves,
 * never to read the ledger from.
 */
import { Cluster, Redis } from 'ioredis';
import type { RedisConnection } from './connection.ts';

export interface Server {
  /** host:port */
  place: string;
  redis: Redis;
  /** Its answer to INFO; null: it does not answer. */
  info: ReadonlyMap<string, string> | null;
  /** The place of its master; null: it is one. */
  follows: string | null;
  /** It may become the master when that dies. */
  mayBePromoted: boolean;
}

export interface Servers {
  isCluster: boolean;
  all: Server[];
  close(): void;
}

export async function openServers(redis: RedisConnection): Promise<Servers> {
  if (redis instanceof Cluster) {
    return { isCluster: true, all: await lookAtNodes(redis.nodes('all')), close: () => undefined };
  }
  const first = await look(redis, placeOf(redis), false);
  const replicas = placesOfReplicas(first.info ?? new Map()).map(({ host, port }) => connect(redis, host, port));
  const looked = await Promise.all(replicas.map((replica) => look(replica, placeOf(replica), false)));
  // These replicas were named by this master. In their INFO they may call it by another of its names or addresses.
  const followers = looked.map((one) => (one.follows === null ? one : { ...one, follows: first.place }));
  return { isCluster: false, all: [first, ...followers], close: () => replicas.forEach((replica) => replica.disconnect()) };
}

/** Which node follows which is told by the ids of the nodes: where a Cluster is known by host names, INFO has only addresses. */
async function lookAtNodes(nodes: readonly Redis[]): Promise<Server[]> {
  const looked = await Promise.all(nodes.map(async (node) => ({ server: await look(node, placeOf(node), true), itself: await itselfIn(node) })));
  const places = new Map(looked.flatMap(({ server, itself }) => (itself === null ? [] : [[itself.id, server.place] as const])));
  return looked.map(({ server, itself }) => {
    if (server.follows === null || itself === null) return server;
    return { ...server, follows: places.get(itself.master) ?? server.follows };
  });
}

/** The node's own id, and that of its master; null: CLUSTER NODES is refused, or the node does not answer. */
async function itselfIn(node: Redis): Promise<{ id: string; master: string } | null> {
  const lines = await node.cluster('NODES').then((text) => String(text).split('\n'), () => []);
  const [id, , , master] = lines.find((line) => line.includes('myself'))?.split(' ') ?? [];
  return id === undefined || master === undefined ? null : { id, master };
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** One setting, or undefined where CONFIG is refused. */
export async function readSetting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const reply = await redis.config('GET', name);
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}

async function look(redis: Redis, place: string, isCluster: boolean): Promise<Server> {
  const info = await redis.info().then(parseInfo, () => null);
  const follows = info?.get('role') === 'slave' ? `${info.get('master_host')}:${info.get('master_port')}` : null;
  // In a Cluster the priority of a replica does not count; a setting of its own keeps it from being promoted.
  const isKeptBack = isCluster
    ? (await readSetting(redis, 'cluster-replica-no-failover').catch(() => undefined)) === 'yes'
    : info?.get('slave_priority') === '0';
  return { place, redis, info, follows, mayBePromoted: follows !== null && !isKeptBack };
}

function connect(redis: Redis, host: string, port: number): Redis {
  const { username, password, tls, family = 0, connectTimeout = WITHIN_MS, commandTimeout = WITHIN_MS } = redis.options;
  const login = { ...(username ? { username } : {}), ...(password ? { password } : {}), ...(tls ? { tls } : {}) };
  const replica = new Redis({ host, port, ...login, family, connectTimeout, commandTimeout, retryStrategy: () => null });
  replica.on('error', () => undefined);
  return replica;
}

const WITHIN_MS = 2_000;

/** Behind Sentinels the options do not say where it leads: the socket does. */
function placeOf(redis: Redis): string {
  const { remoteAddress, remotePort } = redis.options.sentinels ? (redis.stream as { remoteAddress?: string; remotePort?: number }) : {};
  return `${remoteAddress ?? redis.options.host}:${remotePort ?? redis.options.port}`;
}

function placesOfReplicas(info: ReadonlyMap<string, string>): { host: string; port: number }[] {
  return [...info].flatMap(([name, value]) => {
    const [, host, port] = (/^slave\d+$/.test(name) && /^ip=([^,]+),port=(\d+)/.exec(value)) || [];
    return host === undefined ? [] : [{ host, port: Number(port) }];
  });
}
