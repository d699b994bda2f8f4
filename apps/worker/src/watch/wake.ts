/**
 * Waking: one subscription of a process, many sleepers. A wake-up only shortens a wait; whoever misses one looks again after its second.
 */
import type { RedisConnection, Store } from '@dailies/queue';

export interface Wake {
  start(): Promise<void>;
  /** Resolves at the next wake-up that is meant for the sleeper, after `ms`, or when the signal aborts. */
  sleep(ms: number, signal: AbortSignal, isMeant: (news: string) => boolean): Promise<void>;
}

export function createWake(subscriber: RedisConnection, store: Store): Wake {
  const sleepers = new Map<() => void, (news: string) => boolean>();
  return {
    async start() {
      subscriber.on('message', (_channel, news) => {
        for (const [wakeUp, isMeant] of sleepers) if (isMeant(news)) wakeUp();
      });
      await subscriber.subscribe(...store.shards.map(({ keys }) => keys.wake));
    },
    sleep(ms, signal, isMeant) {
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
    },
  };
}
