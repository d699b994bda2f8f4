/**
 * With REDIS_REPLICAS: what is accepted is kept by so many replicas, or it is not accepted. Asked before anything is written, and again of what
 * was written before anybody is told that it is accepted. Throws TooFewReplicas.
 */
import { type Acknowledgement, type Proof, acknowledge } from '../ledger/guard/acknowledge.ts';
import type { Store } from '../ledger/store.ts';
import { homeOf, shardOf, shardWith } from '../shards/routing.ts';

/** Fewer replicas acknowledged than must. Nothing was accepted. */
export class TooFewReplicas extends Error {
  override readonly name = 'TooFewReplicas';
}

/** Whoever asks stands behind a person or a request. */
const WAIT_MS = 500;

/** Whether the replicas follow wherever these belong, before anything is written. */
export async function expectReplicas(store: Store, replicas: number, accounts: readonly string[]): Promise<void> {
  const shards = new Set(accounts.map((account) => shardOf(store, account)));
  await Promise.all([...shards].map(async (shard) => insist(await acknowledge(shard, replicas, null, WAIT_MS), replicas)));
}

/** One of what is asked for. `shard`: where it was found, if it was there before; new ones are where work of their account goes. */
export interface Placed {
  id: string;
  account: string;
  shard?: number | undefined;
  /** Of one that was there before and was sent into a new round: which. That it is there says nothing of that. */
  round?: number | undefined;
}

/** Whether they have all of these, and their batch. The last of each shard, the one that was written last, will do: replication keeps the order. */
export async function awaitReplicas(store: Store, replicas: number, batch: string | null, items: readonly Placed[]): Promise<void> {
  const lastOf = new Map(items.map((item) => [shardWith(store, item), item]));
  const kept = [...lastOf].map(([shard, item]) => acknowledge(shard, replicas, proofOf(shard, item), WAIT_MS));
  const home = homeOf(store, batch);
  if (batch !== null && !lastOf.has(home)) kept.push(acknowledge(home, replicas, { key: home.keys.batches, member: batch }, WAIT_MS));
  for (const answer of await Promise.all(kept)) insist(answer, replicas);
}

function proofOf({ keys }: Store, { id, round }: Placed): Proof {
  return round === undefined ? { key: keys.all, member: id } : { key: keys.generation(id), field: 'round', is: String(round) };
}

/**
 * Whether they have what was reserved under an `Idempotency-Key`, before anything is done under it. In a ledger of several shards it may be on
 * another master than the work: a fail-over there would forget it, and whoever asks again would get a second generation. With one shard it is
 * written before the work, to the same master, and so is kept wherever the work is.
 */
export async function awaitReservedKey({ whole }: Store, replicas: number, name: string, nonce: string): Promise<void> {
  if (whole.shards.length === 1) return;
  insist(await acknowledge(whole, replicas, { key: whole.keys.idempotency(name), field: 'nonce', is: nonce }, WAIT_MS), replicas);
}

function insist(answer: Acknowledgement, replicas: number): void {
  if (answer === 'missing') throw new TooFewReplicas('a fail-over of Redis lost what was just written');
  if (answer === 'few') throw new TooFewReplicas(`fewer than ${replicas} replicas of Redis acknowledge`);
}
