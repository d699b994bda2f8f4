/**
 * Which shard has what. An account's work is where its name says, so that slots, limit, pause and pacing stay one thing; its origin does not
 * count: another base URL must not move work. What has no account (a batch) has its home by a hash of its name.
 * Of a store that is one shard, everything is in that shard: workers never ask elsewhere.
 */
import { slotOf } from './slot.ts';
import type { Store } from '../ledger/store.ts';

/** In the order of their places. Only ever added to: it says where the data are. */
const ACCOUNT_NAMES: readonly string[] = ['allegro', 'kling', 'acedata', 'hailuo', 'pika', 'luma'];

/** `account`: `<name>@<origin>`. `found`: where a generation was found, where that is known; it never moves. */
export function shardOf(store: Store, account: string, found?: number): Store {
  if (store.shards.length === 1) return store;
  return shardAt(store, found ?? shardNumber(account, store.whole.shards.length));
}

/** Where a generation is: where it was read from, else where new work of its account goes. */
export function shardWith(store: Store, generation: { account: string; shard?: number | undefined }): Store {
  return shardOf(store, generation.account, generation.shard);
}

export function homeOf(store: Store, name: string | null): Store {
  if (store.shards.length === 1) return store;
  return shardAt(store, homeNumber(store, name));
}

/** Also where that shard cannot be read just now. */
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
