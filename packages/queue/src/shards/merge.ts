/**
 * Lists that the shards keep each for itself (sorted sets), as one: by score, and of equal ones the lower shard first. With one shard a list is
 * read as it is.
 */
import type { Store } from '../ledger/store.ts';

export interface Listing {
  key: (shard: Store) => string;
  /** By score: `oldest` the lowest first. */
  order: 'oldest' | 'newest';
}

/** Members at the positions `from` to `to` of all together, inclusive; negative ones count from the end. */
export async function mergedBy(store: Store, listing: Listing, from: number, to: number): Promise<string[]> {
  if (store.shards.length === 1) return members(store, listing, from, to);
  const most = from >= 0 && to >= 0 ? to : -1;
  const lists = await Promise.all(store.shards.map((shard) => scored(shard, listing, 0, most)));
  const all = merged(lists, listing.order).map(({ member }) => member);
  return all.slice(from, to < 0 ? all.length + to + 1 : to + 1);
}

/** The next `count` after a member, whatever was added meanwhile. Null: no shard has that member. */
export async function mergedAfter(store: Store, listing: Listing, after: string | null, count: number): Promise<string[] | null> {
  const starts = after === null ? store.shards.map(() => 0) : await startsAfter(store, listing, after);
  if (starts === null) return null;
  if (store.shards.length === 1) return members(store, listing, starts[0] ?? 0, (starts[0] ?? 0) + count - 1);
  const lists = await Promise.all(store.shards.map((shard, at) => scored(shard, listing, starts[at] ?? 0, (starts[at] ?? 0) + count - 1)));
  return merged(lists, listing.order)
    .slice(0, count)
    .map(({ member }) => member);
}

/** Of each shard the position at which what comes after the member begins. */
async function startsAfter(store: Store, { key, order }: Listing, after: string): Promise<number[] | null> {
  const rankIn = (shard: Store) => (order === 'newest' ? shard.redis.zrevrank(key(shard), after) : shard.redis.zrank(key(shard), after));
  const ranks = await Promise.all(store.shards.map(rankIn));
  const own = ranks.findIndex((rank) => rank !== null);
  const shard = store.shards[own];
  if (shard === undefined) return null;
  if (store.shards.length === 1) return [Number(ranks[own]) + 1];
  const score = String(await shard.redis.zscore(key(shard), after));
  return Promise.all(
    store.shards.map(async (one, at) => {
      if (at === own) return Number(ranks[own]) + 1;
      // Of equal scores those of lower shards stand before it.
      const bound = at < own ? score : `(${score}`;
      return order === 'newest' ? one.redis.zcount(key(one), bound, '+inf') : one.redis.zcount(key(one), '-inf', bound);
    }),
  );
}

interface Scored {
  member: string;
  score: number;
}

function members(shard: Store, { key, order }: Listing, from: number, to: number): Promise<string[]> {
  const range = [key(shard), String(from), String(to)] as const;
  return order === 'newest' ? shard.redis.zrevrange(...range) : shard.redis.zrange(...range);
}

async function scored(shard: Store, { key, order }: Listing, from: number, to: number): Promise<Scored[]> {
  const { redis } = shard;
  const range = [key(shard), String(from), String(to), 'WITHSCORES'] as const;
  const found = await (order === 'newest' ? redis.zrevrange(...range) : redis.zrange(...range));
  return found.flatMap((member, at) => (at % 2 === 0 ? [{ member, score: Number(found[at + 1]) }] : []));
}

/** Each list keeps its own order. */
function merged(lists: readonly Scored[][], order: Listing['order']): Scored[] {
  const direction = order === 'newest' ? -1 : 1;
  return lists
    .flatMap((list, shard) => list.map((one, at) => ({ ...one, shard, at })))
    .toSorted((a, b) => direction * (a.score - b.score) || a.shard - b.shard || a.at - b.at);
}
