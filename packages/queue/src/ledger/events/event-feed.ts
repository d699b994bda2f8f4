/**
 * The stream of transitions for many listeners at once: one blocked connection, however many listen. A listener that may have missed
 * something is told so and reads the ledger again; the feed itself keeps nothing.
 */
import type { RedisConnection } from '../../redis/connection.ts';
import { setTimeout as rest } from 'node:timers/promises';
import { EVENTS_AT_ONCE, hasFallenBehind, type LedgerEvent, lastEventId, readEvents } from './events.ts';
import type { Store } from '../store.ts';

interface FeedListener {
  /** In order, and never one twice. Must return at once and must not throw. */
  events(events: readonly LedgerEvent[]): void;
  /** Events may have been trimmed before they could be read: the listener must read the ledger again. */
  missed(): void;
}

export interface EventFeed {
  /** Resolves when everything that happens from now on will be told. Answers how to stop. Throws when Redis is away. */
  listen(listener: FeedListener): Promise<() => void>;
  close(): void;
}

const BLOCK_MS = 5_000;
const REST_MS = 200;

/** `connect`: opens a connection for the feed alone, one that waits for Redis as long as it takes. It is opened with the first listener. */
export function createEventFeed(store: Store, connect: () => RedisConnection): EventFeed {
  const listeners = new Set<FeedListener>();
  let connection: RedisConnection | null = null;
  let starting: Promise<string> | null = null;
  let isRunning = false;
  const closing = new AbortController();

  async function run(after: string): Promise<void> {
    isRunning = true;
    let cursor = after;
    while (listeners.size > 0 && !closing.signal.aborted) {
      try {
        connection ??= connect();
        const events = await readEvents(connection, store, cursor, BLOCK_MS);
        // So many events at once mean that the feed has fallen behind, perhaps by more than the stream keeps. After a lost connection reading simply goes
        // on, without any error that would tell of it.
        if (events.length >= EVENTS_AT_ONCE && (await hasFallenBehind(store, cursor))) for (const listener of listeners) listener.missed();
        cursor = events.at(-1)?.at ?? cursor;
        if (events.length > 0) for (const listener of listeners) listener.events(events);
      } catch {
        if (!closing.signal.aborted) await rest(REST_MS);
      }
    }
    isRunning = false;
  }

  return {
    async listen(listener) {
      listeners.add(listener);
      try {
        if (!isRunning) {
          starting ??= lastEventId(store);
          const after = await starting;
          if (!isRunning) void run(after);
        }
      } catch (error) {
        listeners.delete(listener);
        throw error;
      } finally {
        starting = null;
      }
      return () => void listeners.delete(listener);
    },
    close() {
      closing.abort();
      listeners.clear();
      connection?.disconnect();
    },
  };
}
