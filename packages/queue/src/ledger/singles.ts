/**
 * Single generations by the month of their creation (UTC, `yyyy-mm`): what a folder of singles holds is found without reading all of them.
 */
import { mergedBy } from '../shards/merge.ts';
import type { Store } from './store.ts';

/** Ids of the singles of a month, in the order of their creation. Each shard counts positions for itself: of several, the lists are merged by position. */
export async function singleIds(store: Store, month: string): Promise<string[]> {
  return mergedBy(store, { key: ({ keys }) => keys.singles(month), order: 'oldest' }, 0, -1);
}

/** Months that have singles. */
export async function singleMonths(store: Store): Promise<string[]> {
  const months = await Promise.all(store.shards.map(({ redis, keys }) => redis.smembers(keys.singleMonths)));
  return [...new Set(months.flat())];
}

export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** The months before, of and after `at`, and when that of `at` starts and ends (epoch milliseconds). */
export function monthsAround(at: number): { names: [string, string, string]; start: number; next: number } {
  const day = new Date(at);
  const first = (offset: number): number => Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + offset, 1);
  return { names: [monthOf(first(-1)), monthOf(first(0)), monthOf(first(1))], start: first(0), next: first(1) };
}
