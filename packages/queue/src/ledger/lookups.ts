/**
 * Whether the look-ups of a provider are known to work on an account, learned by those that found something: on it rests that a submit is
 * believed to be absent, and sent again. Never inferred from another provider of the account: that Hailuo's list shows our tasks says nothing of
 * Pika's.
 */
import type { ProviderName } from '@dailies/providers';
import { shardOf } from '../shards/routing.ts';
import type { Store } from './store.ts';

export interface Lookups {
  /** One has found a task of ours. */
  foundBefore: boolean;
  /** Our nonce was seen echoed. */
  nonceSeen: boolean;
}

export async function lookupsOf(store: Store, account: string, provider: ProviderName): Promise<Lookups> {
  const { redis, keys } = shardOf(store, account);
  const [foundBefore, nonceSeen] = await redis.hmget(keys.account(account), `foundBefore:${provider}`, `nonceSeen:${provider}`);
  return { foundBefore: foundBefore === '1', nonceSeen: nonceSeen === '1' };
}

export async function learnLookup(store: Store, account: string, provider: ProviderName, fact: keyof Lookups): Promise<void> {
  const { redis, keys } = shardOf(store, account);
  await redis.hset(keys.account(account), `${fact}:${provider}`, '1');
}
