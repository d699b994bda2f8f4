/**
 * Waking: one subscription of a process, many sleepers. A wake-up only shortens a wait; whoever misses one looks again after its second.
 * News come over a connection of their own, so they may be here before the answer that sends somebody to sleep: who asks first listens.
 */
import type { RedisConnection, Store } from '@dailies/queue';

export interface Wake {
  start(): Promise<void>;
  /** Resolves at the next wake-up that is meant for the sleeper, after `ms`, or when the signal aborts. */
  sleep(ms: number, signal: AbortSignal, isMeant: (news: string) => boolean): Promise<void>;
  /** Keeps what is told from here on, until the next `listen` of the same ears. */
  ears(): Ears;
}

interface Ears {
  listen(): void;
  /** Like `sleep`, but not at all where what was told since `listen` was meant for the sleeper. */
  sleep(ms: number, signal: AbortSignal, isMeant: (news: string) => boolean): Promise<void>;
}

export function createWake(subscriber: RedisConnection, store: Store): Wake {
  const sleepers = new Map<() => void, (news: string) => boolean>();
  /** Accounts and queues with news: few, however much is told of them. */
  const heard: Set<string>[] = [];
  return { start, sleep, ears };

  async function start(): Promise<void> {
    subscriber.on('message', (_channel, news) => {
      for (const told of heard) told.add(news);
      for (const [wakeUp, isMeant] of sleepers) if (isMeant(news)) wakeUp();
    });
    await subscriber.subscribe(...store.shards.map(({ keys }) => keys.wake));
  }

  function sleep(ms: number, signal: AbortSignal, isMeant: (news: string) => boolean): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        sleepers.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      sleepers.set(end, isMeant);
    });
  }

  function ears(): Ears {
    const told = new Set<string>();
    heard.push(told);
    return {
      listen: () => told.clear(),
      sleep: (ms, signal, isMeant) => ([...told].some(isMeant) ? Promise.resolve() : sleep(ms, signal, isMeant)),
    };
  }
}
