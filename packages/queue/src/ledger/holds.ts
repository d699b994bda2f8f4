/** Reads which generations are held: they have no job on purpose until something releases them. For status and pages; changes nothing. */
import type { ProviderName } from '@dailies/providers';
import type { HeldReason } from '../generation.ts';
import { answersOf } from '../redis/answers.ts';
import { fromShards } from '../shards/locate.ts';
import type { Store } from './store.ts';

export interface Hold {
  reason: HeldReason;
  provider: ProviderName;
  account: string;
}

/** Of those that are held. Bounded memory: ask for some thousands at a time. */
export async function readHolds(store: Store, ids: readonly string[]): Promise<Hold[]> {
  const found = await fromShards(store, ids, holdsHere, null);
  return found.filter((one) => one !== null);
}

async function holdsHere({ redis, keys }: Store, ids: readonly string[]): Promise<(Hold | null)[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) pipeline.hmget(keys.generation(id), 'held', 'provider', 'account');
  return ((await answersOf(pipeline)) as (string | null)[][]).map(([held, provider, account]) =>
    held == null || provider == null || account == null ? null : { reason: held as HeldReason, provider: provider as ProviderName, account },
  );
}
