/**
 * How many generations are held, by provider and reason: for a metric, so it reads a bounded number of records of each account, however many are held.
 * Changes nothing.
 */
import type { ProviderName } from '@dailies/providers';
import type { HeldReason } from '../generation.ts';
import { readWhereabouts } from './whereabouts.ts';
import type { Store } from './store.ts';
import { isWithoutWorker, seenWorkers } from './workers.ts';

export interface HeldCount {
  provider: ProviderName;
  reason: HeldReason;
  count: number;
}

/** Records that are read of each account and shard. If more are held, the others are taken to be held for the same reasons in the same proportion. */
const MOST_READ = 500;

/** `accounts`: those that are configured here. An older version has held work without adding its account to those that are known. */
export async function heldCounts(store: Store, accounts: readonly string[]): Promise<HeldCount[]> {
  const [known, workers] = await Promise.all([heldAccounts(store), seenWorkers(store)]);
  const all = [...new Set([...accounts, ...known])];
  const parts = await Promise.all(store.shards.flatMap((shard) => all.map((account) => countsHere(shard, account))));
  const sums = new Map<string, HeldCount>();
  for (const { provider, account, reason, count } of parts.flat()) {
    // Where workers have different addresses, one holds for another, which takes it within seconds.
    if (reason === 'origin' && workers !== null && !isWithoutWorker(workers, provider, account)) continue;
    const sum = sums.get(`${provider} ${reason}`);
    if (sum === undefined) sums.set(`${provider} ${reason}`, { provider, reason, count });
    else sum.count += count;
  }
  return [...sums.values()].map((sum) => ({ ...sum, count: Math.ceil(sum.count) }));
}

/** The accounts of which something has been held at some time, whoever has their keys. */
export async function heldAccounts(store: Store): Promise<string[]> {
  const accounts = await Promise.all(store.shards.map(({ redis, keys }) => redis.smembers(keys.heldAccounts)));
  return [...new Set(accounts.flat())];
}

async function countsHere(shard: Store, account: string): Promise<(HeldCount & { account: string })[]> {
  const key = shard.keys.held(account);
  const [total, [, page]] = await Promise.all([shard.redis.scard(key), shard.redis.sscan(key, '0', 'COUNT', MOST_READ)]);
  // Redis may name a member twice while it makes the set larger or smaller.
  const ids = [...new Set(page)];
  const found = await readWhereabouts(shard, ids);
  const each = ids.length === 0 ? 0 : Math.max(1, total / ids.length);
  return found.flatMap(({ provider, held }) => (held === null ? [] : [{ provider, account, reason: held, count: each }]));
}
