/**
 * Whether a look-up (of a provider, or its `lookupOf`) is known to work on an account, learned by those that found something: on it rests that a
 * submit is believed to be absent, and sent again. Never inferred from another one of the account: that Hailuo's list shows our tasks says nothing
 * of Pika's, and that one dialect of Kling has a list says nothing of the other.
 */
import { shardOf } from '../../shards/routing.ts';
import type { Store } from '../store.ts';

export interface Lookups {
  /** One has found a task of ours. */
  foundBefore: boolean;
  /** Our nonce was seen echoed. */
  nonceSeen: boolean;
}

export async function lookupsOf(store: Store, account: string, lookup: string): Promise<Lookups> {
  const { redis, keys } = shardOf(store, account);
  const [foundBefore, nonceSeen] = await redis.hmget(keys.account(account), `foundBefore:${lookup}`, `nonceSeen:${lookup}`);
  return { foundBefore: foundBefore === '1', nonceSeen: nonceSeen === '1' };
}

export async function learnLookup(store: Store, account: string, lookup: string, fact: keyof Lookups): Promise<void> {
  const { redis, keys } = shardOf(store, account);
  await redis.hset(keys.account(account), `${fact}:${lookup}`, '1');
}
