/**
 * Waking: one subscription of a process, many sleepers. A wake-up only shortens a wait; whoever misses one looks again after its second.
 */
import type { RedisConnection, Store } from '@dailies/queue';

export interface Wake {
  start(): Promise<void>;
  /** Resolves at the next wake-up, after `ms`, or when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export function createWake(subscriber: RedisConnection, store: Store): Wake {
  let sleepers = new Set<() => void>();
  return {
    async start() {
      subscriber.on('message', () => {
        const woken = sleepers;
        sleepers = new Set();
        for (const wakeUp of woken) wakeUp();
      });
      await subscriber.subscribe(store.keys.wake);
    },
    sleep(ms, signal) {
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
        sleepers.add(end);
      });
    },
  };
}
