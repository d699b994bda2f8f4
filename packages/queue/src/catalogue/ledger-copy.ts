/**
 * A catalogue as a copy of the ledger: one first reading in bounded pages, newest first, then what is new and what has changed, found by the number of
 * generations and by the stream of events. A copy that fell behind the stream reads all states again, and one that has more than the ledger (a backup
 * was restored) is read anew. It only reads, and only when it is told to.
 */
import { chunked } from '../chunked.ts';
import { EVENTS_AT_ONCE, hasFallenBehind, lastEventId, readEvents } from '../ledger/events/events.ts';
import type { Store } from '../ledger/store.ts';
import { Catalogue } from './catalogue.ts';
import { type NewestFirst, newestFirst } from './newest-first.ts';
import { readChanges, readFacts } from './read-facts.ts';

/** What has changed since the last look. A change of pauses names nothing. Null: more has changed than is worth naming. */
export type LedgerChange = { ids: ReadonlySet<string>; batches: ReadonlySet<string> } | null;

interface CopyOptions {
  /** Newest generations that are kept; older ones are not searched. */
  most: number;
  stopping: AbortSignal;
}

const PAGE = 500;
const MOST_NAMED = 2_000;

export class LedgerCopy {
  readonly #store: Store;
  readonly #most: number;
  readonly #stopping: AbortSignal;
  #catalogue = new Catalogue();
  /** Up to where the events are in the catalogue; null until the first reading is through. */
  #cursor: string | null = null;
  /** What was added to the ledger until then (epoch milliseconds) is left out, but for what the first reading brought; 0: it brought everything. */
  #leftOut = 0;
  /** Generations of each shard, as of the last look. */
  #known: number[] = [];
  /** How far the first reading is; null when none is under way. */
  #reading: { start: string; newest: NewestFirst; count: number } | null = null;
  /** The pauses at the last look, to compare with: they make no event. */
  #held = '';

  constructor(store: Store, { most, stopping }: CopyOptions) {
    this.#store = store;
    this.#most = most;
    this.#stopping = stopping;
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** Generations in the ledger, as of the last look. */
  get total(): number {
    return this.#known.reduce((sum, total) => sum + total, 0);
  }

  /** Whether the first reading is through. */
  get isLevel(): boolean {
    return this.#cursor !== null;
  }

  /** Brings the catalogue level with the ledger. One look at a time. Answers what has changed; undefined: nothing. */
  async look(): Promise<LedgerChange | undefined> {
    // The catalogue has grown well beyond its bound: it is read anew, which leaves out the oldest.
    if (this.#cursor === null || this.#catalogue.size > this.#most * 1.2 + PAGE) return this.#readAll();
    if (await hasFallenBehind(this.#store, this.#cursor)) return this.#readStates();
    const added = await this.#addNew();
    return added === 'fewer' ? this.#readAll() : this.#follow(this.#cursor, added);
  }

  async #readAll(): Promise<LedgerChange> {
    if (this.#reading === null) {
      const start = await lastEventId(this.#store);
      this.#known = await this.#totals();
      this.#catalogue = new Catalogue();
      this.#cursor = null;
      this.#reading = { start, newest: newestFirst(this.#store, PAGE), count: 0 };
    }
    // `#reading` is kept over a failure: a Redis that is slow for a moment must not make the first reading begin anew. What is added meanwhile only moves
    // ids to later pages, so that none is missed.
    const reading = this.#reading;
    while (reading.count < this.#most && !this.#stopping.aborted) {
      const ids = await reading.newest.next();
      for (const { fixed, changing } of await readFacts(this.#store, ids)) this.#catalogue.add(fixed, changing);
      reading.newest.taken();
      reading.count += ids.length;
      if (ids.length === 0) break;
    }
    this.#leftOut = reading.count < this.#most ? 0 : reading.newest.reached();
    this.#held = await this.#pauses();
    this.#catalogue.endFirstReading();
    this.#cursor = reading.start;
    this.#reading = null;
    return null;
  }

  /** Adds the generations that are not in the catalogue yet, and answers their ids. `fewer`: some that were there are gone, so this is another ledger. */
  async #addNew(): Promise<string[] | 'fewer'> {
    const now = await this.#totals();
    if (now.some((total, at) => total < (this.#known[at] ?? 0))) return 'fewer';
    const fresh: string[] = [];
    const known: number[] = [];
    for (const [at, shard] of this.#store.shards.entries()) {
      const [total = 0, before = 0] = [now[at], this.#known[at]];
      const found = await this.#newIn(shard, total - before);
      fresh.push(...found);
      // What was added after the count, and is read already, is no more to be found: whoever looks for it reads everything in vain.
      known.push(Math.max(total, before + found.length));
    }
    // The oldest first: the catalogue is in the order in which it was added to.
    for (let end = fresh.length; end > 0; end -= PAGE) {
      const facts = await readFacts(this.#store, fresh.slice(Math.max(0, end - PAGE), end));
      for (const { fixed, changing } of facts.toReversed()) this.#catalogue.add(fixed, changing);
    }
    this.#known = known;
    return fresh;
  }

  /** Ids that are not in the catalogue yet, newest first; at least `count` of them, as far as there are so many. */
  async #newIn({ redis, keys }: Store, count: number): Promise<string[]> {
    if (count <= 0) return [];
    // What is added meanwhile moves ids to later pages, even beyond the former end. One that comes twice counts once: otherwise an older one would never be
    // read in its place.
    const fresh = new Set<string>();
    for (let at = 0; fresh.size < count; at += PAGE) {
      const found = await redis.zrevrange(keys.all, at, at + PAGE - 1, 'WITHSCORES');
      // Not what is left out for its age: it is no news, and would count as more than the ledger has.
      const ids = found.filter((_, place) => place % 2 === 0 && Number(found[place + 1]) > this.#leftOut);
      for (const id of ids) if (!this.#catalogue.has(id)) fresh.add(id);
      if (ids.length === 0) break;
    }
    return [...fresh];
  }

  /** Reads the state of everything, since the events do not tell all that has changed. */
  async #readStates(): Promise<LedgerChange> {
    const end = await lastEventId(this.#store);
    if ((await this.#addNew()) === 'fewer') return this.#readAll();
    await this.#update([...this.#catalogue.newestFirst()].map((row) => this.#catalogue.idOf(row)));
    this.#cursor = end;
    return null;
  }

  async #follow(after: string, added: readonly string[]): Promise<LedgerChange | undefined> {
    const ids = new Set(added);
    const batches = new Set<string>();
    let cursor = after;
    for (;;) {
      const events = await readEvents(this.#store.redis, this.#store, cursor, null);
      for (const { id, batch } of events) {
        ids.add(id);
        if (batch !== null) batches.add(batch);
      }
      cursor = events.at(-1)?.at ?? cursor;
      if (events.length < EVENTS_AT_ONCE) break;
    }
    const held = await this.#pauses();
    if (ids.size === 0 && held === this.#held) return undefined;
    // Only now is it known that no state is missed: after an error these events are read again.
    await this.#update([...ids]);
    this.#cursor = cursor;
    this.#held = held;
    for (const id of ids) batches.add(this.#catalogue.batches.nameOf(this.#catalogue.batch[this.#catalogue.rowOf(id) ?? -1] ?? 0));
    return ids.size > MOST_NAMED ? null : { ids, batches };
  }

  async #update(ids: readonly string[]): Promise<void> {
    for (const page of chunked(ids, PAGE)) {
      for (const { id, changing } of await readChanges(this.#store, page)) this.#catalogue.update(id, changing);
    }
  }

  #totals(): Promise<number[]> {
    return Promise.all(this.#store.shards.map(({ redis, keys }) => redis.zcard(keys.all)));
  }

  async #pauses(): Promise<string> {
    return JSON.stringify(await Promise.all(this.#store.shards.map(({ redis, keys }) => redis.hgetall(keys.pauses))));
  }
}
