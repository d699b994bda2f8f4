/**
 * Reading batches. A batch has its home in one shard and a part in each shard that has generations of it: counts are sums over the parts, what
 * was said of the batch as a whole is at its home. It is listed in one shard alone: at home, or where it was when the ledger had fewer shards.
 */
import { homeNumber } from '../shards/routing.ts';
import { mergedAfter, mergedBy } from '../shards/merge.ts';
import { type Spend, spendIn, sumOfSpend } from '../spend/bill.ts';
import { type Counts, countsIn } from './read.ts';
import type { Store } from './store.ts';

export interface Batch {
  name: string;
  total: number;
  counts: Counts;
  attended: boolean;
  createdAt: number;
  finishedAt: number | null;
  revision: number;
  /** Generations that were canceled because their intake was refused after it had been written; 0 as soon as any of the batch goes on. */
  untold: number;
  /** The last revision with which it ended as one that was refused as a whole, 0: none. In a ledger of several shards that of one part. */
  refused: number;
  folder: string | null;
  /** Name of the API key that made it. */
  createdBy: string | null;
  /** Where its events go; may hold a secret in its query. */
  webhook: string | null;
  /** Estimated. */
  spend: Spend[];
}

export async function readBatch(store: Store, name: string): Promise<Batch | null> {
  const listed = await Promise.all(store.shards.map(({ redis, keys }) => redis.zscore(keys.batches, name)));
  if (listed.every((score) => score === null)) return null;
  const parts = await Promise.all(store.shards.map(({ redis, keys }) => redis.hgetall(keys.batch(name))));
  return decodeBatch(name, homeFirst(store, name, parts));
}

/** The place that a batch was given for its results; null: none of its own. */
export async function batchFolder(store: Store, name: string): Promise<string | null> {
  const parts = await Promise.all(store.shards.map(async ({ redis, keys }) => ({ folder: (await redis.hget(keys.batch(name), 'folder')) ?? '' })));
  return homeFirst(store, name, parts).find(({ folder }) => folder !== '')?.['folder'] ?? null;
}

/** The parts of a batch, one of each shard, that of its home first. */
export function homeFirst(store: Store, name: string, parts: Record<string, string>[]): Record<string, string>[] {
  const home = store.shards.findIndex(({ number }) => number === homeNumber(store, name));
  return home <= 0 ? parts : [...parts.slice(home, home + 1), ...parts.slice(0, home), ...parts.slice(home + 1)];
}

export function decodeBatch(name: string, parts: readonly Record<string, string>[]): Batch {
  const said = (field: string): string | undefined => parts.find((fields) => fields[field] !== undefined)?.[field];
  const sum = (field: string): number => parts.reduce((all, fields) => all + Number(fields[field] ?? 0), 0);
  const filled = parts.filter((fields) => Number(fields['total'] ?? 0) > 0);
  // `expected` counts what was accepted in all shards. Until all of it is sealed in its shard, the batch is not finished.
  const isWhole = sum('total') >= Number(said('expected') ?? 0);
  const ends = isWhole ? filled.map((fields) => fields['finishedAt']) : [];
  return {
    name,
    total: sum('total'),
    counts: countsIn(parts, (state) => `n:${state}`),
    attended: said('attended') === '1',
    createdAt: Math.min(...parts.flatMap((fields) => (fields['createdAt'] === undefined ? [] : [Number(fields['createdAt'])]))),
    // Each part says when it was through; the batch is when all are.
    finishedAt: ends.length === 0 || ends.includes(undefined) ? null : Math.max(...ends.map(Number)),
    // Each part only ever raises its own: the sum only grows.
    revision: sum('revision'),
    untold: sum('untold'),
    refused: Number(said('refused') ?? 0),
    folder: said('folder') ?? null,
    createdBy: said('createdBy') ?? null,
    webhook: said('webhook') ?? null,
    spend: sumOfSpend(parts.map(spendIn)),
  };
}

/** Newest first. */
export async function batchNames(store: Store, from = 0, to = -1): Promise<string[]> {
  return mergedBy(store, { key: ({ keys }) => keys.batches, order: 'newest' }, from, to);
}

export async function batchTotal(store: Store): Promise<number> {
  const totals = await Promise.all(store.shards.map(({ redis, keys }) => redis.zcard(keys.batches)));
  return totals.reduce((sum, total) => sum + total, 0);
}

/** The next ids of a batch after `after`. Null: that one is not in the batch. */
export async function batchIdsAfter(store: Store, name: string, after: string | null, count: number): Promise<string[] | null> {
  return mergedAfter(store, { key: ({ keys }) => keys.batchItems(name), order: 'oldest' }, after, count);
}

/** Ids of a batch in the order they came; `from` and `to` are positions, inclusive. */
export async function batchIds(store: Store, name: string | null, from = 0, to = -1): Promise<string[]> {
  return mergedBy(store, { key: ({ keys }) => keys.batchItems(name), order: 'oldest' }, from, to);
}
