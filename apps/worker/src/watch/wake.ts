/**
 * Waking: one subscription of a process, many sleepers (the gates). News, of a freed slot or of new work, only shorten a sleep: a gate that misses them
 * asks again after a second. They come over a connection of their own, so they may arrive before the answer that sends a gate to sleep. A gate therefore
 * calls `listen` before it asks, and does not sleep at all if news for it have come since.
 */
import type { RedisConnection, Store } from '@dailies/queue';

export interface Wake {
  start(): Promise<void>;
  /** Resolves at the next wake-up that is meant for the sleeper, after `ms`, or when the signal aborts. */
  sleep(ms: number, signal: AbortSignal, isMeant: (news: string) => boolean): Promise<void>;
  /** Ears of a sleeper: they keep the news from each `listen` on until the next one. */
  ears(): Ears;
}

interface Ears {
  listen(): void;
  /** Like `sleep`, but resolves at once where news for the sleeper have come since `listen`. */
  sleep(ms: number, signal: AbortSignal, isMeant: (news: string) => boolean): Promise<void>;
}

export function createWake(subscriber: RedisConnection, store: Store): Wake {
  const sleepers = new Map<() => void, (news: string) => boolean>();
  /** What each pair of ears has heard. Sets, of accounts and queues: few, however much news there is of them. */
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
