/**
 * Single generations by the month of their creation (UTC, `yyyy-mm`): what a folder of singles holds is found without reading all of them.
 */
import type { Store } from './store.ts';

/** Ids of the singles that were created in this month, in their order. */
export async function singleIds(store: Store, month: string): Promise<string[]> {
  return store.redis.zrange(store.keys.singles(month), '0', '-1');
}

/** Months that have singles. */
export async function singleMonths(store: Store): Promise<string[]> {
  return store.redis.smembers(store.keys.singleMonths);
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
