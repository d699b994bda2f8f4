/**
 * Keeps a catalogue level with the ledger: one first reading in bounded pages, newest first, then what is new and what has changed, found
 * by the number of generations and by the stream of events. A follower that fell behind the stream reads all states again. It only reads.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { lastEventId, readEvents } from '../ledger/events.ts';
import type { Store } from '../ledger/store.ts';
import { Catalogue } from './catalogue.ts';
import { readChanges, readFacts } from './read-facts.ts';

/** What has changed since the last look; of pauses, only that something has. Null: more than is worth naming. */
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
  let known = 0;
  /** How far the first reading is; null when none is under way. */
  let reading: { start: string; at: number } | null = null;
  /** Pauses make no event: they are compared. */
  let held = '';
  let round: Promise<void> = Promise.resolve();

  async function firstReading(): Promise<void> {
    if (reading === null) {
      const start = await lastEventId(store);
      known = await store.redis.zcard(store.keys.all);
      catalogue = new Catalogue();
      reading = { start, at: 0 };
    }
    // A Redis that is slow for a moment must not make it begin anew. What comes meanwhile only moves ids to later pages: none is missed.
    for (; reading.at < most && !stopping.signal.aborted; reading.at += PAGE) {
      const ids = await store.redis.zrevrange(store.keys.all, reading.at, reading.at + PAGE - 1);
      for (const { fixed, changing } of await readFacts(store, ids)) catalogue.add(fixed, changing);
      if (ids.length < PAGE) break;
    }
    held = JSON.stringify(await store.redis.hgetall(store.keys.pauses));
    catalogue.endFirstReading();
    cursor = reading.start;
    reading = null;
    tell(null);
  }

  async function addNew(): Promise<string[]> {
    const total = await store.redis.zcard(store.keys.all);
    // Fewer than before: another Redis, or an older backup of it.
    if (total < known) {
      cursor = null;
      return [];
    }
    const fresh: string[] = [];
    for (let at = 0; fresh.length < total - known && at < total; at += PAGE) {
      const ids = await store.redis.zrevrange(store.keys.all, at, at + PAGE - 1);
      fresh.push(...ids.filter((id) => !catalogue.has(id)));
      if (ids.length === 0) break;
    }
    for (let end = fresh.length; end > 0; end -= PAGE) {
      const facts = await readFacts(store, fresh.slice(Math.max(0, end - PAGE), end));
      for (const { fixed, changing } of facts.toReversed()) catalogue.add(fixed, changing);
    }
    known = total;
    return fresh;
  }

  async function update(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += PAGE) {
      for (const { id, changing } of await readChanges(store, ids.slice(at, at + PAGE))) catalogue.update(id, changing);
    }
  }

  async function fellBehind(from: string): Promise<boolean> {
    const [oldest] = await store.redis.xrange(store.keys.events, '-', '+', 'COUNT', 1);
    return oldest !== undefined && from !== '0-0' && isLater(oldest[0], from);
  }

  async function look(): Promise<void> {
    // Grown well beyond the bound: read anew, the oldest are left out.
    if (cursor === null || catalogue.size > most * 1.2 + PAGE) return firstReading();
    const changed = new Set<string>();
    const batches = new Set<string>();
    if (await fellBehind(cursor)) {
      cursor = await lastEventId(store);
      await addNew();
      await update([...catalogue.newestFirst()].map((row) => catalogue.idOf(row)));
      return tell(null);
    }
    for (const id of await addNew()) changed.add(id);
    for (;;) {
      const events = await readEvents(store.redis, store, cursor ?? '0-0', null);
      for (const { id, batch } of events) {
        changed.add(id);
        if (batch !== null) batches.add(batch);
      }
      cursor = events.at(-1)?.at ?? cursor;
      if (events.length < 500) break;
    }
    const heldNow = JSON.stringify(await store.redis.hgetall(store.keys.pauses));
    if (changed.size === 0 && heldNow === held) return;
    held = heldNow;
    await update([...changed]);
    for (const id of changed) batches.add(catalogue.batches.nameOf(catalogue.batch[catalogue.rowOf(id) ?? -1] ?? 0));
    tell(changed.size > MOST_NAMED ? null : { ids: changed, batches });
  }

  function tell(change: LedgerChange): void {
    for (const listener of listeners) listener(change);
  }

  /** One look at a time: whoever asks during one waits for the next. */
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
    total: () => known,
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

function isLater(one: string, other: string): boolean {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [one, other].map((id) => id.split('-').map(Number)) as [number[], number[]];
  return a > c || (a === c && b > d);
}
