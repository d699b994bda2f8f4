/**
 * Takes prepared requests into the ledger, all of them or none. Accepted means kept: it resolves only after the ledger has them, and with
 * `replicas` after those have them too. Jobs follow behind: they only schedule, and a sweep adds those that a crash kept back.
 */
import { createGenerations } from '../ledger/create.ts';
import type { Created, CreateResult, Intake } from '../ledger/intake.ts';
import { imageReference, storeImage } from '../ledger/images.ts';
import type { Store } from '../ledger/store.ts';
import { cancelGeneration } from '../operations/cancel.ts';
import type { Desk } from '../operations/desk.ts';
import { type Handed, handOver } from '../queues/hand-over.ts';
import { shardOf } from '../shards/routing.ts';
import type { PreparedItem } from './prepare-item.ts';

export interface Acceptance extends Omit<Intake, 'items'> {
  items: readonly PreparedItem[];
}

export interface AcceptOptions {
  /** How many replicas must have it. */
  replicas: number;
  /** When nobody waits for the answer any more, milliseconds (ledger/create.ts). */
  withinMs?: number | undefined;
  /** A job that could not be added now is added by the sweep later. Told so that it can be logged. */
  onHandOverFailed?: (error: unknown) => void;
}

export interface Accepted {
  result: CreateResult;
  /** Resolves when the jobs are there. Never rejects. */
  handedOver: Promise<void>;
}

/** Fewer replicas acknowledged than must. Nothing was accepted. */
export class TooFewReplicas extends Error {
  override readonly name = 'TooFewReplicas';
}

const WAIT_MS = 500;

export async function acceptItems(desk: Desk, { items, ...intake }: Acceptance, options: AcceptOptions): Promise<Accepted> {
  const { store } = desk;
  await awaitReplicas(store, options.replicas);
  await storeImages(store, items);
  const result = await createGenerations(store, { ...intake, withinMs: options.withinMs, items: items.map(({ generation }) => generation) });
  if (result.outcome !== 'accepted') return { result, handedOver: Promise.resolve() };
  try {
    await awaitReplicas(store, options.replicas);
  } catch (error) {
    for (const { item } of result.fresh) await cancelGeneration(desk, item.id);
    throw error;
  }
  const handedOver = handOver(store, desk.queues, result.fresh.map(asHanded)).catch((error: unknown) => options.onHandOverFailed?.(error));
  return { result, handedOver };
}

/** Before the generations: a worker may take one as soon as it is there. */
export async function storeImages(store: Store, items: readonly Pick<PreparedItem, 'images' | 'generation'>[]): Promise<void> {
  const stored = new Set<string>();
  for (const { images, generation } of items) {
    for (const image of images) {
      const shard = shardOf(store, generation.account);
      const place = `${shard.number} ${imageReference(image.bytes)}`;
      if (stored.has(place)) continue;
      await storeImage(shard, image);
      stored.add(place);
    }
  }
}

function asHanded({ item, turn, place }: Created): Handed {
  const { id, provider, account, priority, ask, trace } = item;
  return { id, state: 'queued', seq: 1, provider, account, priority, turn, place, ask, ...(trace === undefined ? {} : { trace }) };
}

async function awaitReplicas({ redis }: Store, replicas: number): Promise<void> {
  if (replicas === 0 || (await redis.wait(replicas, WAIT_MS)) >= replicas) return;
  throw new TooFewReplicas(`fewer than ${replicas} replicas of Redis acknowledge`);
}
