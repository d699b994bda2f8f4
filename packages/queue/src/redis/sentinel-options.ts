/**
 * Redis behind Sentinels: they are asked where the master is, and heard when it changes. A server that turns out to be a replica is left
 * again at once (ioredis compares the role); of the Sentinels, one is enough to begin with, the others are learned from it.
 */
import { type Redis, type SentinelConnectionOptions, SentinelConnector } from 'ioredis';
import type { ServerOptions } from './asking-cluster.ts';
import type { RedisAddress } from './redis-address.ts';
import { retryDelay } from './retry-delay.ts';

export function sentinelOptions({ places, master, database, login, tls, sentinels }: Extract<RedisAddress, { kind: 'sentinel' }>): ServerOptions {
  const { username, password } = sentinels.login;
  return {
    sentinels: places,
    name: master,
    role: 'master',
    db: database,
    ...login,
    ...(tls ? { tls: {}, enableTLSForSentinelMode: true } : {}),
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(sentinels.tls ? { sentinelTLS: {} } : {}),
    // A Sentinel that does not answer must not keep us from the next one.
    sentinelCommandTimeout: 1_000,
    sentinelRetryStrategy: retryDelay,
    // An old master that is frozen, not dead, keeps its connections open: only the Sentinels' word ends them.
    failoverDetector: true,
    Connector: LeavingConnector,
    // A Sentinel that was restarted is listened to again: otherwise, after the last of them, nobody would say that the master has changed.
    sentinelReconnectStrategy: retryDelay,
  };
}

/** Private members of ioredis. */
const DETECTOR = 'failoverDetector';
const OPEN = 'connectToSentinel';

/** What a Sentinel says when the master has changed. */
const CHANGED = '+switch-master';

/**
 * After a `quit`, by which BullMQ ends its connections, ioredis goes on listening to every Sentinel, and the process would never end. This connector stops
 * listening when its connection closes; one that comes back listens anew.
 *
 * It subscribes by itself whenever a Sentinel is reached. ioredis does it again only where it had succeeded before, and nobody awaits that: a Sentinel that
 * dies or is slow in that moment would end our process.
 */
class LeavingConnector extends SentinelConnector {
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
    const open = Reflect.get(this, OPEN) as (endpoint: unknown, options?: object) => Redis;
    Reflect.set(this, OPEN, (endpoint: unknown, listening?: object) => {
      // Without options it is one that only asks where the master is.
      const options = listening && { ...listening, autoResubscribe: false, autoResendUnfulfilledCommands: false };
      // ioredis listens to the Sentinels without handling errors, so each connection would print the stack of the error of one that is away.
      const sentinel = open.call(this, endpoint, options).on('error', () => undefined);
      if (listening) sentinel.on('ready', () => void sentinel.subscribe(CHANGED).catch(() => undefined));
      return sentinel;
    });
  }

  override async connect(...words: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    const stream = await super.connect(...words);
    stream.once('close', () => {
      // The field is cleared, so that it is ended once: while no master serves, each try would end it again, and leave a listener behind.
      (Reflect.get(this, DETECTOR) as { cleanup(): void } | null | undefined)?.cleanup();
      Reflect.set(this, DETECTOR, null);
    });
    return stream;
  }
}
