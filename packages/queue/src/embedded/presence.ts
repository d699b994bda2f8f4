/**
 * The one connection by which a process shows in CLIENT LIST that it uses the embedded Redis, and learns that it is gone.
 * The last user stops the server: when nobody else is connected, and still nobody two seconds later (a process that is just starting
 * shows up in between). Those that are leaving as well do not count, or two that end together would leave it running.
 */
import { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectionPrefix } from '../redis/connection.ts';

type Departure = 'stopped' | 'in use' | 'gone';

export interface Presence {
  answers(): Promise<boolean>;
  /** Stops the server if we were its last user. Bounded: never waits for a server that does not answer. */
  leave(secondLookMs: number): Promise<Departure>;
  close(): void;
}

const patienceMs = 10_000;

export async function openPresence(url: string, onLost: () => void): Promise<Presence> {
  const ownPrefix = connectionPrefix(process.pid);
  const mark = randomBytes(4).toString('hex');
  let isWanted = true;
  const redis = new Redis(url, {
    connectionName: `${ownPrefix}embedded-${mark}`,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: patienceMs,
    commandTimeout: patienceMs,
  });
  redis.on('error', () => undefined);
  await redis.connect();
  redis.once('end', () => {
    if (isWanted) onLost();
  });

  // Everybody counts but our own connections; another user inside this process is told by its presence.
  const isOther = (name: string) => {
    if (/^dailies-\d+-leaving-/.test(name)) return false;
    return !name.startsWith(ownPrefix) || name.startsWith(`${ownPrefix}embedded-`);
  };
  const othersAreThere = async () => {
    const list = String(await redis.client('LIST'));
    return list.trimEnd().split('\n').some((line) => isOther(/ name=(\S*)/.exec(line)?.[1] ?? ''));
  };
  const close = () => {
    isWanted = false;
    redis.disconnect();
  };
  const leave = async (secondLookMs: number): Promise<Departure> => {
    isWanted = false;
    try {
      await redis.client('SETNAME', `${ownPrefix}leaving-${mark}`);
      if (await othersAreThere()) return 'in use';
      await sleep(secondLookMs);
      if (await othersAreThere()) return 'in use';
    } catch {
      return 'gone';
    }
    return stop(redis);
  };
  return {
    answers: () => redis.ping().then(() => true, () => false),
    leave: (secondLookMs) => leave(secondLookMs).finally(close),
    close,
  };
}

// Nothing is to be saved: every write is in the append-only file already. The answer to a shutdown is the end of the connection.
async function stop(redis: Redis): Promise<Departure> {
  try {
    await redis.shutdown('NOSAVE');
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return 'in use';
  }
  return 'stopped';
}
