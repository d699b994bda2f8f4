/**
 * Whether a look-up (of a provider, or the one that its `lookupOf` names) is known to work on an account. It is recorded when a look-up finds something;
 * only a look-up that is known to work is believed when it says that a submit is absent, which is then sent again. It is never inferred from another
 * look-up of the account: that Hailuo's list shows our tasks says nothing of Pika's, and that one dialect of Kling has a list nothing of the other.
 */
import { shardOf } from '../../shards/routing.ts';
import type { Store } from '../store.ts';

export interface Lookups {
  /** It has found a task of ours, by its client id or nonce. */
  foundBefore: boolean;
  /** It has shown our nonce on a task. */
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
