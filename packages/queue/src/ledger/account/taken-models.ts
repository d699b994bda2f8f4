/**
 * Which models an account has taken, where a model is part of the address that it is sent to (Kling): by them a refusal that may be of one model is
 * told from one that is of all. `address`: a key and a path, in any form that is another one for another of either.
 */
import { shardOf } from '../../shards/routing.ts';
import type { Store } from '../store.ts';

export interface AddressedModel {
  address: string;
  model: string;
}

/** Field of the account's hash. */
export function fieldOfModel({ address, model }: AddressedModel): string {
  return `takes:${address}:${model}`;
}

/**
 * Whether a refusal of this model says nothing of the others: they were taken there, and it never was. Where it says more, what was taken before
 * proves nothing any more.
 */
export async function concernsModelAlone(store: Store, account: string, { address, model }: AddressedModel): Promise<boolean> {
  const { redis, keys } = shardOf(store, account);
  const taken = (await redis.hkeys(keys.account(account))).filter((field) => field.startsWith(fieldOfModel({ address, model: '' })));
  if (taken.length === 0) return false;
  if (!taken.includes(fieldOfModel({ address, model }))) return true;
  await redis.hdel(keys.account(account), ...taken);
  return false;
}
