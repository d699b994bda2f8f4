/**
 * Connections to Redis, for the two ways of needing it.
 * A worker is patient: it waits for Redis as long as it takes and loses no command. A producer stands behind a person or an HTTP
 * request: it fails within two seconds, so that nothing hangs and nothing is half accepted.
 * Neither ever logs the address with its password. The URL decides everything about where: one server, Sentinel or Cluster, TLS, login,
 * database (redis-address.ts). Nothing is ever read from a replica: it may not know yet what was written.
 */
import { type Cluster, Redis, type RedisOptions } from 'ioredis';
import { endsWithin } from '../ends-within.ts';
import type { Log } from '../logging/log.ts';
import type { ServerOptions } from './asking-cluster.ts';
import { openCluster } from './cluster-connection.ts';
import { retryDelay } from './retry-delay.ts';
import { readRedisUrl } from './redis-address.ts';
import { describeRedisUrl } from './redis-url.ts';
import { sentinelOptions } from './sentinel-options.ts';

/** What everything of ours is written against, whichever way Redis is run. */
export type RedisConnection = Redis | Cluster;

interface ConnectionOptions {
  /** Shown in CLIENT LIST as `dailies-<pid>-<name>`: the embedded Redis tells our own connections from others' by it. */
  name: string;
  log: Log;
}

export interface ProducerConnectionOptions extends ConnectionOptions {
  /** When a command without an answer fails, milliseconds. Default: 2,000. */
  commandTimeoutMs?: number | undefined;
}

export interface WorkerConnectionOptions extends ConnectionOptions {
  /** Called at each loss of a connection that had worked; not when we close it ourselves. */
  onLost?: (() => void) | undefined;
}

export function connectForWorker(url: string, options: WorkerConnectionOptions): RedisConnection {
  return watched(open(url, { isPatient: true, log: options.log }, {
    ...shared(options.name),
    maxRetriesPerRequest: null,
    connectTimeout: 10_000,
  }), url, options);
}

export function connectForProducer(url: string, options: ProducerConnectionOptions): RedisConnection {
  return watched(open(url, { isPatient: false, log: options.log }, {
    ...shared(options.name),
    // Commands in flight fail when the connection does; they are not sent again behind the back of somebody who was told 503.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    connectTimeout: 2_000,
    commandTimeout: options.commandTimeoutMs ?? 2_000,
    // It never blocks: after two seconds nobody waits for the answer. A stalled disk of Redis should not cost the connection.
    socketTimeout: 10_000,
  }), url, options);
}

function open(url: string, { isPatient, log }: { isPatient: boolean; log: Log }, options: ServerOptions): RedisConnection {
  const address = readRedisUrl(url);
  if (address.kind === 'cluster') return openCluster(address, { isPatient, log, where: describeRedisUrl(url) }, options);
  if (address.kind === 'sentinel') return new Redis({ ...options, ...sentinelOptions(address) });
  return new Redis(url, options);
}

/** A connection to the same place in the same manner, for whoever holds one up. */
export function anotherLike(redis: RedisConnection): RedisConnection {
  return redis instanceof Redis ? redis.duplicate({}) : redis.duplicate();
}

/** The prefix of the names of all connections of a process. */
export function connectionPrefix(pid: number): string {
  return `dailies-${pid}-`;
}

/** Resolves once commands are answered. A producer's connection refuses commands before that. */
export async function whenReady(redis: RedisConnection, deadlineMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    let lastFault = 'it does not answer';
    const onError = (error: Error) => {
      lastFault = faultOf(error);
    };
    const onReady = () => settle(resolve);
    const onEnd = () => settle(() => reject(new Error(`The connection to Redis was closed: ${lastFault}.`)));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      redis.off('ready', onReady).off('end', onEnd).off('error', onError);
      finish();
    };
    const timer = setTimeout(() => {
      const place = places.get(redis) ?? 'its address';
      const why = `Redis at ${place} cannot be used: ${lastFault.replace(/\.$/, '')}. Is it running, and is REDIS_URL right?`;
      settle(() => reject(new Error(place.startsWith('rediss') ? `${why} ${TLS_NEEDS}` : why)));
    }, deadlineMs);
    redis.on('ready', onReady).on('end', onEnd).on('error', onError);
  });
}

/** Of Sentinels and a Cluster ioredis does not tell a fault of TLS from silence. */
const TLS_NEEDS =
  'With TLS: NODE_EXTRA_CA_CERTS names the file of its certificate authority, unless that is a public one; each server has a certificate for the host ' +
  'or the address by which it is reached; tls-auth-clients is no.';

/** Lets commands in flight finish, within the deadline; then the socket goes. Never throws: there is nothing left to be done about it. */
export async function closeRedis(redis: RedisConnection, deadlineMs: number): Promise<void> {
  if (redis.status === 'ready') {
    const ended = new Promise<void>((resolve) => {
      redis.once('end', resolve);
    });
    // A connection that was quit keeps listening to its Sentinels; one that is disconnected does not.
    const last = redis instanceof Redis && redis.options.sentinels ? redis.ping() : redis.quit().then(() => ended);
    await endsWithin(deadlineMs, last).catch(() => false);
  }
  // After a finished quit it would only leave a timer behind that keeps the process alive.
  if (redis.status !== 'end') redis.disconnect();
}

/** Where each connection of ours leads, for what is said of it. */
const places = new WeakMap<RedisConnection, string>();

function shared(name: string) {
  return {
    connectionName: `${connectionPrefix(process.pid)}${name}`,
    // IPv4 or IPv6, as the name resolves: some managed Redis have IPv6 only.
    family: 0,
    keepAlive: 10_000,
    // A command without any answer means a dead socket, of a machine that vanished, or is frozen. Far above the ten seconds for which BullMQ blocks at most.
    socketTimeout: 30_000,
    retryStrategy: retryDelay,
    // After a fail-over the old master answers READONLY: reconnect (to the new one), and send the command again.
    reconnectOnError: (error: Error) => (error.message.includes('READONLY') ? 2 : false),
  } satisfies RedisOptions;
}

function watched(redis: RedisConnection, url: string, { name, log, onLost }: WorkerConnectionOptions): RedisConnection {
  places.set(redis, describeRedisUrl(url));
  const where = { redis: describeRedisUrl(url), connection: name };
  // For each command that a former master refuses as READONLY ioredis adds a listener to the socket; from the eleventh on Node would warn of a leak.
  if (redis instanceof Redis) redis.on('connect', () => redis.stream.setMaxListeners(0));
  let isUp = false;
  let lastFault = '';
  redis.on('ready', () => {
    isUp = true;
    lastFault = '';
    log.debug(where, 'connected to Redis');
  });
  // Reconnecting fails once a second: each kind of fault is said once, not each time.
  redis.on('error', (error: Error) => {
    const fault = faultOf(error);
    if (fault === lastFault) return;
    lastFault = fault;
    log.warn({ ...where, fault }, 'no connection to Redis; trying again');
  });
  // ioredis says `close` for its own quit too, and `reconnecting` only when a connection was lost.
  redis.on('reconnecting', () => {
    if (!isUp) return;
    isUp = false;
    log.warn(where, 'lost the connection to Redis');
    onLost?.();
  });
  return redis;
}

function faultOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return error.message;
}
