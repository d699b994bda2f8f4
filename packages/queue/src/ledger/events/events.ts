/**
 * The stream of transitions, for whoever watches: a progress display, a manifest writer, server-sent events.
 * It keeps about the last 10,000 and is never the record: a reader that fell behind reads the ledger again.
 * Each shard has a stream of its own; where a reader is in all of them is one cursor (event-cursor.ts).
 */
import { setTimeout as rest } from 'node:timers/promises';
import { answersOf } from '../../redis/answers.ts';
import type { RedisConnection } from '../../redis/connection.ts';
import type { State } from '../../states.ts';
import { type Batch, decodeBatch, homeFirst } from '../batches.ts';
import { advanced, compareStreamIds, cursorOf, partsOf } from './event-cursor.ts';
import { recordOfPairs } from '../pairs.ts';
import type { Store } from '../store.ts';

export interface LedgerEvent {
  /** The cursor after it: where to go on. */
  at: string;
  /** Its id in the stream of its shard. */
  streamId: string;
  shard: number;
  /** Epoch milliseconds. */
  time: number;
  id: string;
  from: State;
  to: State;
  /** The round before the event: that of a retry is the round that it ends. */
  round: number;
  provider: string;
  batch: string | null;
  note: string;
}

/** The most events of one read, of each stream. */
export const EVENTS_AT_ONCE = 500;
/** A stream is trimmed to no fewer (apply-script.ts). */
const SURELY_KEPT = 10_000;
/** Streams of several shards cannot be waited for with one command on a Cluster: they are looked at in turn. */
const LOOK_AGAIN_MS = 100;

type Entries = [id: string, pairs: string[]][];

/**
 * Events after `after` (`$`: from now on), waiting at most `waitMs`; null: not at all. The connection is blocked meanwhile: give it one of
 * its own, unless it does not wait.
 */
export async function readEvents(connection: RedisConnection, store: Store, after: string, waitMs: number | null): Promise<LedgerEvent[]> {
  if (store.shards.length === 1) return inOrder(store, after, [await readStream(connection, store, after, waitMs)]);
  const from = after === '$' ? await lastEventId(store) : after;
  const ids = partsOf(store, from);
  const until = Date.now() + (waitMs ?? 0);
  for (;;) {
    const found = await Promise.all(store.shards.map((shard, at) => readStream(connection, shard, ids[at] ?? '0-0', null)));
    if (found.some((entries) => entries.length > 0) || Date.now() >= until) return inOrder(store, from, found);
    await rest(Math.min(LOOK_AGAIN_MS, Math.max(1, until - Date.now())));
  }
}

async function readStream(connection: RedisConnection, { keys }: Store, after: string, waitMs: number | null): Promise<Entries> {
  const answer =
    waitMs === null
      ? await connection.xread('COUNT', EVENTS_AT_ONCE, 'STREAMS', keys.events, after)
      : await connection.xread('COUNT', EVENTS_AT_ONCE, 'BLOCK', waitMs, 'STREAMS', keys.events, after);
  return answer?.[0]?.[1] ?? [];
}

/** The cursor behind the newest of every stream, to start after. */
export async function lastEventId(store: Store): Promise<string> {
  const newest = await Promise.all(store.shards.map(({ redis, keys }) => redis.xrevrange(keys.events, '+', '-', 'COUNT', 1)));
  return cursorOf(newest.map((entries) => entries[0]?.[0] ?? '0-0'));
}

/** Whether an event after this cursor may have been trimmed: the oldest that a stream still has is newer, and may not be the first that it ever had. */
export async function isBehindTrim(store: Store, cursor: string): Promise<boolean> {
  const ids = partsOf(store, cursor);
  const oldest = await oldestIds(store);
  const isBehind = async ({ redis, keys }: Store, at: number): Promise<boolean> => {
    // The stream was empty at this cursor. Where it has fewer than are surely kept, these are all that it ever had.
    if (ids[at] === '0-0') return (await redis.xlen(keys.events)) >= SURELY_KEPT;
    return compareStreamIds(oldest[at] ?? '0-0', ids[at] ?? '0-0') > 0;
  };
  return (await Promise.all(store.shards.map(isBehind))).includes(true);
}

/** The same for a reader that follows the streams: of one that was empty at its last look nothing can have been trimmed since. */
export async function hasFallenBehind(store: Store, cursor: string): Promise<boolean> {
  const ids = partsOf(store, cursor);
  return (await oldestIds(store)).some((oldest, at) => oldest !== null && ids[at] !== '0-0' && compareStreamIds(oldest, ids[at] ?? '0-0') > 0);
}

/** The id of the oldest event that each stream still has; null: it is empty. */
async function oldestIds({ shards }: Store): Promise<(string | null)[]> {
  const oldest = await Promise.all(shards.map(({ redis, keys }) => redis.xrange(keys.events, '-', '+', 'COUNT', 1)));
  return oldest.map((entries) => entries[0]?.[0] ?? null);
}

/** Events after `after`, up to and with `until`. */
export async function eventsBetween(store: Store, after: string, until: string): Promise<LedgerEvent[]> {
  const [from, to] = [partsOf(store, after), partsOf(store, until)];
  const found = await Promise.all(store.shards.map(({ redis, keys }, at) => redis.xrange(keys.events, `(${from[at] ?? '0-0'}`, to[at] ?? '0-0')));
  return inOrder(store, after, found);
}

/** A batch, and the cursor of the last events that its counts contain: of each shard both are read at one moment. Null: there is no such batch. */
export async function batchWithEvent(store: Store, name: string): Promise<{ batch: Batch; at: string } | null> {
  const parts = await Promise.all(store.shards.map((shard) => partWithEvent(shard, name)));
  if (parts.every(({ isListed }) => !isListed)) return null;
  return { batch: decodeBatch(name, homeFirst(store, name, parts.map(({ fields }) => fields))), at: cursorOf(parts.map(({ at }) => at)) };
}

async function partWithEvent({ redis, keys }: Store, name: string): Promise<{ isListed: boolean; fields: Record<string, string>; at: string }> {
  const together = redis.multi().zscore(keys.batches, name).hgetall(keys.batch(name)).xrevrange(keys.events, '+', '-', 'COUNT', 1);
  const [known, fields, newest] = await answersOf(together);
  const [last] = newest as Entries;
  return { isListed: known != null, fields: fields as Record<string, string>, at: last?.[0] ?? '0-0' };
}

/** The events of several streams in one order, by time; each stream keeps its own order. */
function inOrder(store: Store, after: string, streams: readonly Entries[]): LedgerEvent[] {
  const events = streams.flatMap((entries, shard) => entries.map(([streamId, pairs]) => readEvent(shard, streamId, pairs)));
  if (streams.length > 1) events.sort((a, b) => a.time - b.time || a.shard - b.shard);
  let at = after;
  return events.map((event) => {
    at = advanced(store, at, event);
    return { ...event, at };
  });
}

function readEvent(shard: number, streamId: string, pairs: string[]): LedgerEvent {
  const fields = recordOfPairs(pairs);
  return {
    at: streamId,
    streamId,
    shard,
    time: Number(streamId.split('-')[0]),
    id: fields['id'] ?? '',
    from: fields['from'] as State,
    to: fields['to'] as State,
    // An event of an older version does not say its round.
    round: Number(fields['round'] ?? 1),
    provider: fields['provider'] ?? '',
    batch: fields['batch'] === '' ? null : (fields['batch'] ?? null),
    note: fields['note'] ?? '',
  };
}
