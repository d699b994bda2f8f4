/**
 * Which shard has what. The name of an account decides where its work is, so that slots, limit, pauses and pacing of an account are all in one shard. Its
 * origin does not count: another base URL must not move work. What has no account, a batch, has a home by a hash of its name.
 * For a store that is a single shard everything is in that shard: a worker's cast never asks elsewhere.
 */
import { slotOf } from './slot.ts';
import type { Store } from '../ledger/store.ts';

/** The place in this list is the number of the shard, modulo the number of shards. Only ever add to its end: it says where the data are. */
const ACCOUNT_NAMES: readonly string[] = ['allegro', 'kling', 'acedata', 'hailuo', 'pika', 'luma'];

/** `account`: `<name>@<origin>`. `found`: the shard that a generation was read from, where that is known; a generation never moves. */
export function shardOf(store: Store, account: string, found?: number): Store {
  if (store.shards.length === 1) return store;
  return shardAt(store, found ?? shardNumber(account, store.whole.shards.length));
}

/** Where a generation is: where it was read from, else where new work of its account goes. */
export function shardWith(store: Store, generation: { account: string; shard?: number | undefined }): Store {
  return shardOf(store, generation.account, generation.shard);
}

/** The home of a batch; null: that of single requests. */
export function homeOf(store: Store, name: string | null): Store {
  if (store.shards.length === 1) return store;
  return shardAt(store, homeNumber(store, name));
}

/** The number of a home; known also where that shard cannot be read just now. */
export function homeNumber({ whole }: Store, name: string | null): number {
  return name === null ? 0 : slotOf(name) % whole.shards.length;
}

function shardNumber(account: string, count: number): number {
  const [name = ''] = account.split('@', 1);
  const place = ACCOUNT_NAMES.indexOf(name);
  return (place < 0 ? slotOf(name) : place) % count;
}

export function shardAt(store: Store, number: number): Store {
  const shard = store.shards.find((one) => one.number === number);
  if (shard === undefined) throw new Error(`there is no shard ${number}: the ledger has ${store.shards.length}`);
  return shard;
}
