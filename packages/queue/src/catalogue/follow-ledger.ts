/**
 * Keeps a catalogue level with the ledger: one first reading in bounded pages, newest first, then what is new and what has changed, found
 * by the number of generations and by the stream of events. A follower that fell behind the stream reads all states again. It only reads.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { chunked } from '../chunked.ts';
import { cursorOf } from '../ledger/events/event-cursor.ts';
import { EVENTS_AT_ONCE, hasFallenBehind, lastEventId, readEvents } from '../ledger/events/events.ts';
import type { Store } from '../ledger/store.ts';
import { type NewestFirst, newestFirst } from './newest-first.ts';
import { Catalogue } from './catalogue.ts';
import { readChanges, readFacts } from './read-facts.ts';

/** What has changed since the last look. A change of pauses names nothing. Null: more has changed than is worth naming. */
export type LedgerChange = { ids: ReadonlySet<string>; batches: ReadonlySet<string> } | null;

export interface LedgerFollower {
  readonly catalogue: Catalogue;
  /** Generations in the ledger, as of the last look. */
  total(): number;
  /** Whether the first reading is through. */
  isLevel(): boolean;
  onChange(listener: (change: LedgerChange) => void): () => void;
  /** Resolves when all that is in the ledger now is in the catalogue. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

export interface FollowOptions {
  /** Newest generations that are kept; older ones are not searched. */
  most?: number;
  everyMs?: number;
  onError?: (error: unknown) => void;
}

const PAGE = 500;
const MOST_NAMED = 2_000;

export function followLedger(store: Store, { most = 500_000, everyMs = 500, onError = () => undefined }: FollowOptions = {}): LedgerFollower {
  const stopping = new AbortController();
  const listeners = new Set<(change: LedgerChange) => void>();
  let catalogue = new Catalogue();
  let cursor: string | null = null;
  /** Generations of each shard, as of the last look. */
  let known: number[] = [];
  /** How far the first reading is; null when none is under way. */
  let reading: { start: string; newest: NewestFirst; count: number } | null = null;
  /** The pauses at the last look, to compare with: they make no event. */
  let held = '';
  let round: Promise<void> = Promise.resolve();

  async function firstReading(): Promise<void> {
    if (reading === null) {
      const start = await lastEventId(store);
      known = await totals();
      catalogue = new Catalogue();
      reading = { start, newest: newestFirst(store, PAGE), count: 0 };
    }
    // `reading` is kept over a failure: a Redis that is slow for a moment must not make the first reading begin anew. What is added meanwhile only moves
    // ids to later pages, so that none is missed.
    while (reading.count < most && !stopping.signal.aborted) {
      const ids = await reading.newest.next();
      for (const { fixed, changing } of await readFacts(store, ids)) catalogue.add(fixed, changing);
      reading.newest.taken();
      reading.count += ids.length;
      if (ids.length === 0) break;
    }
    held = await pausesNow();
    catalogue.endFirstReading();
    cursor = reading.start;
    reading = null;
    tell(null);
  }

  function totals(): Promise<number[]> {
    return Promise.all(store.shards.map(({ redis, keys }) => redis.zcard(keys.all)));
  }

  async function pausesNow(): Promise<string> {
    return JSON.stringify(await Promise.all(store.shards.map(({ redis, keys }) => redis.hgetall(keys.pauses))));
  }

  async function addNew(): Promise<string[]> {
    const now = await totals();
    // There are fewer than before: this is another Redis, or a restored backup. Everything is read anew.
    if (now.some((total, at) => total < (known[at] ?? 0))) {
      cursor = null;
      return [];
    }
    const fresh: string[] = [];
    for (const [at, shard] of store.shards.entries()) fresh.push(...(await newIn(shard, now[at] ?? 0, known[at] ?? 0)));
    for (let end = fresh.length; end > 0; end -= PAGE) {
      const facts = await readFacts(store, fresh.slice(Math.max(0, end - PAGE), end));
      for (const { fixed, changing } of facts.toReversed()) catalogue.add(fixed, changing);
    }
    known = now;
    return fresh;
  }

  /** Ids that are not in the catalogue yet, newest first. */
  async function newIn({ redis, keys }: Store, total: number, before: number): Promise<string[]> {
    const fresh: string[] = [];
    for (let at = 0; fresh.length < total - before && at < total; at += PAGE) {
      const ids = await redis.zrevrange(keys.all, at, at + PAGE - 1);
      fresh.push(...ids.filter((id) => !catalogue.has(id)));
      if (ids.length === 0) break;
    }
    return fresh;
  }

  async function update(ids: readonly string[]): Promise<void> {
    for (const page of chunked(ids, PAGE)) {
      for (const { id, changing } of await readChanges(store, page)) catalogue.update(id, changing);
    }
  }

  async function look(): Promise<void> {
    // The catalogue has grown well beyond its bound: it is read anew, which leaves out the oldest.
    if (cursor === null || catalogue.size > most * 1.2 + PAGE) return firstReading();
    const changed = new Set<string>();
    const batches = new Set<string>();
    if (await hasFallenBehind(store, cursor)) {
      cursor = await lastEventId(store);
      await addNew();
      await update([...catalogue.newestFirst()].map((row) => catalogue.idOf(row)));
      return tell(null);
    }
    for (const id of await addNew()) changed.add(id);
    for (;;) {
      const events = await readEvents(store.redis, store, cursor ?? cursorOf(store.shards.map(() => '0-0')), null);
      for (const { id, batch } of events) {
        changed.add(id);
        if (batch !== null) batches.add(batch);
      }
      cursor = events.at(-1)?.at ?? cursor;
      if (events.length < EVENTS_AT_ONCE) break;
    }
    const heldNow = await pausesNow();
    if (changed.size === 0 && heldNow === held) return;
    held = heldNow;
    await update([...changed]);
    for (const id of changed) batches.add(catalogue.batches.nameOf(catalogue.batch[catalogue.rowOf(id) ?? -1] ?? 0));
    tell(changed.size > MOST_NAMED ? null : { ids: changed, batches });
  }

  function tell(change: LedgerChange): void {
    for (const listener of listeners) listener(change);
  }

  /** One look at a time: a call during a look waits for that one, and then for a look of its own. */
  function nextLook(): Promise<void> {
    round = round.then(look, look);
    return round;
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await nextLook().catch((error: unknown) => onError(error));
      await rest(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    get catalogue() {
      return catalogue;
    },
    total: () => known.reduce((sum, total) => sum + total, 0),
    isLevel: () => cursor !== null,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    catchUp: nextLook,
    async stop() {
      stopping.abort();
      await Promise.race([running, rest(1_000, undefined, { ref: false })]);
    },
  };
}
