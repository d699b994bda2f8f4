/**
 * The stream of transitions, for whoever watches: a progress display, a manifest writer, server-sent events.
 * It keeps about the last 10,000 and is never the record: a reader that fell behind reads the ledger again.
 */
import type { RedisConnection } from '../redis/connection.ts';
import type { State } from '../states.ts';
import { type Batch, decodeBatch } from './read.ts';
import type { Store } from './store.ts';

export interface LedgerEvent {
  /** Stream id: where to go on. */
  at: string;
  id: string;
  from: State;
  to: State;
  provider: string;
  batch: string | null;
  note: string;
}

/** The most events of one read. */
export const EVENTS_AT_ONCE = 500;

/**
 * Events after `after` (`$`: from now on), waiting at most `waitMs`; null: not at all. The connection is blocked meanwhile: give it one of
 * its own, unless it does not wait.
 */
export async function readEvents(connection: RedisConnection, store: Store, after: string, waitMs: number | null): Promise<LedgerEvent[]> {
  const { events } = store.keys;
  const answer = await (waitMs === null ? connection.xread('COUNT', EVENTS_AT_ONCE, 'STREAMS', events, after) : connection.xread('COUNT', EVENTS_AT_ONCE, 'BLOCK', waitMs, 'STREAMS', events, after));
  return (answer?.[0]?.[1] ?? []).map(([at, pairs]) => readEvent(at, pairs));
}

/** The newest stream id, to start after. */
export async function lastEventId(store: Store): Promise<string> {
  const newest = await store.redis.xrevrange(store.keys.events, '+', '-', 'COUNT', 1);
  return newest[0]?.[0] ?? '0-0';
}

/** The oldest that is still there. What is older was trimmed. `0-0`: there is none. */
export async function oldestEventId(store: Store): Promise<string> {
  const oldest = await store.redis.xrange(store.keys.events, '-', '+', 'COUNT', 1);
  return oldest[0]?.[0] ?? '0-0';
}

/** Events after `after`, up to and with `until`. */
export async function eventsBetween(store: Store, after: string, until: string): Promise<LedgerEvent[]> {
  const entries = await store.redis.xrange(store.keys.events, `(${after}`, until);
  return entries.map(([at, pairs]) => readEvent(at, pairs));
}

/** A batch, and the last event that its counts contain: both of one moment. Null: there is no such batch. */
export async function batchWithEvent(store: Store, name: string): Promise<{ batch: Batch; at: string } | null> {
  const { keys } = store;
  const answers = await store.redis.multi().zscore(keys.batches, name).hgetall(keys.batch(name)).xrevrange(keys.events, '+', '-', 'COUNT', 1).exec();
  const [known, fields, newest] = (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
  if (known == null) return null;
  const [last] = newest as [string, string[]][];
  return { batch: decodeBatch(name, fields as Record<string, string>), at: last?.[0] ?? '0-0' };
}

/** Negative: `a` was before `b`. */
export function compareEventIds(a: string, b: string): number {
  const [aTime = '0', aNumber = '0'] = a.split('-');
  const [bTime = '0', bNumber = '0'] = b.split('-');
  const difference = BigInt(aTime) - BigInt(bTime) || BigInt(aNumber) - BigInt(bNumber);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function readEvent(at: string, pairs: string[]): LedgerEvent {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < pairs.length; index += 2) fields[pairs[index] ?? ''] = pairs[index + 1] ?? '';
  return {
    at,
    id: fields['id'] ?? '',
    from: fields['from'] as State,
    to: fields['to'] as State,
    provider: fields['provider'] ?? '',
    batch: fields['batch'] === '' ? null : (fields['batch'] ?? null),
    note: fields['note'] ?? '',
  };
}
