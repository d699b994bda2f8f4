/**
 * The servers behind a connection: the one that it leads to and its replicas, or every node of a Cluster. For whoever looks after them, never
 * to read the ledger from.
 */
import { Cluster, Redis } from 'ioredis';
import type { RedisConnection } from './connection.ts';

export interface Server {
  /** host:port */
  place: string;
  redis: Redis;
  /** What it says of itself; null: it does not answer. */
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
    const all = await Promise.all(redis.nodes('all').map((node) => look(node, placeOf(node), true)));
    return { isCluster: true, all, close: () => undefined };
  }
  const first = await look(redis, placeOf(redis), false);
  const replicas = placesOfReplicas(first.info ?? new Map()).map(({ host, port }) => connect(redis, host, port));
  const all = [first, ...(await Promise.all(replicas.map((replica) => look(replica, placeOf(replica), false))))];
  return { isCluster: false, all, close: () => replicas.forEach((replica) => replica.disconnect()) };
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
  // A Cluster heeds no priority, it has a setting of its own.
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
