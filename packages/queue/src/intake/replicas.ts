/**
 * With REDIS_REPLICAS a request is accepted only if so many replicas keep it. Whether they follow is asked before anything is written; whether they have
 * what was written, before the caller is told that it is accepted. Throws TooFewReplicas.
 */
import { type Acknowledgement, PATIENCE_MS, type Proof, acknowledge } from '../ledger/guard/acknowledge.ts';
import type { Store } from '../ledger/store.ts';
import { homeOf, shardOf, shardWith } from '../shards/routing.ts';

/** Fewer replicas acknowledged than must. Nothing was accepted. */
export class TooFewReplicas extends Error {
  override readonly name = 'TooFewReplicas';
}

/** Before anything is written: throws unless the replicas follow in every shard that these accounts live in. */
export async function expectReplicas(store: Store, replicas: number, accounts: readonly string[]): Promise<void> {
  const shards = new Set(accounts.map((account) => shardOf(store, account)));
  await Promise.all([...shards].map(async (shard) => insist(await acknowledge(shard, replicas, null, PATIENCE_MS), replicas)));
}

/** A generation that replicas must have. `shard`: where it was found, if it was there before; a new one is where new work of its account goes. */
export interface Placed {
  id: string;
  account: string;
  shard?: number | undefined;
  /** The new round, of one that was there before and is sent again: only this round proves that the replicas have the last write of it. */
  round?: number | undefined;
}

/**
 * Throws unless the replicas have all of these, and their batch. Only the last item of each shard, which was written last, is asked about: replication
 * keeps the order.
 */
export async function awaitReplicas(store: Store, replicas: number, batch: string | null, items: readonly Placed[]): Promise<void> {
  const lastOf = new Map(items.map((item) => [shardWith(store, item), item]));
  const kept = [...lastOf].map(([shard, item]) => acknowledge(shard, replicas, proofOf(shard, item), PATIENCE_MS));
  const home = homeOf(store, batch);
  if (batch !== null && !lastOf.has(home)) kept.push(acknowledge(home, replicas, { key: home.keys.batches, member: batch }, PATIENCE_MS));
  for (const answer of await Promise.all(kept)) insist(answer, replicas);
}

function proofOf({ keys }: Store, { id, round }: Placed): Proof {
  return round === undefined ? { key: keys.all, member: id } : { key: keys.generation(id), field: 'round', is: String(round) };
}

/**
 * Throws unless the replicas have the reservation of an `Idempotency-Key`; call it before anything is done under the key. In a ledger of several shards
 * the reservation may be on another master than the work: a fail-over there would forget it, and a caller who asks again would get a second generation.
 * With one shard it was written to the same master before the work, so whichever replica has the work has it too.
 */
export async function awaitReservedKey({ whole }: Store, replicas: number, name: string, nonce: string): Promise<void> {
  if (whole.shards.length === 1) return;
  insist(await acknowledge(whole, replicas, { key: whole.keys.idempotency(name), field: 'nonce', is: nonce }, PATIENCE_MS), replicas);
}

function insist(answer: Acknowledgement, replicas: number): void {
  if (answer === 'missing') throw new TooFewReplicas('a fail-over of Redis lost what was just written');
  if (answer === 'few') throw new TooFewReplicas(`fewer than ${replicas} replicas of Redis acknowledge`);
}
