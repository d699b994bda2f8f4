/**
 * Which models an account has accepted, where the model is a part of the address that a request is sent to (Kling). By that a refusal that concerns one
 * model is told from one that concerns all. `address`: any word for the key and the path that differs when either does.
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
 * Whether a refusal of this model says nothing of the others: others were accepted at the address, and this one never was. If it was accepted before, the
 * refusal concerns all of them, and that they were accepted is forgotten, since it proves nothing any more.
 */
export async function concernsModelAlone(store: Store, account: string, { address, model }: AddressedModel): Promise<boolean> {
  const { redis, keys } = shardOf(store, account);
  const taken = (await redis.hkeys(keys.account(account))).filter((field) => field.startsWith(fieldOfModel({ address, model: '' })));
  if (taken.length === 0) return false;
  if (!taken.includes(fieldOfModel({ address, model }))) return true;
  await redis.hdel(keys.account(account), ...taken);
  return false;
}
