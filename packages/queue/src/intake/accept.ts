/**
 * Takes prepared requests into the ledger, all of them or none. Accepted means kept: it resolves only after the ledger has them, and with
 * `replicas` after those have them too. Jobs follow behind: they only schedule, and a sweep adds those that a crash kept back.
 */
import { createGenerations } from '../ledger/create/create.ts';
import type { Created, CreateResult, Intake, NewGeneration } from '../ledger/create/intake.ts';
import { storeImage, type StoredImage } from '../ledger/images.ts';
import type { Store } from '../ledger/store.ts';
import { readGenerations, unknownIds } from '../ledger/read.ts';
import { cancelGeneration } from '../operations/cancel.ts';
import { cancelQueued } from '../operations/cancel-queued.ts';
import type { Desk } from '../operations/desk.ts';
import { retryGeneration } from '../operations/retry.ts';
import { type Handed, handOver } from '../queues/hand-over.ts';
import { shardOf } from '../shards/routing.ts';
import type { PreparedItem } from './prepare-item.ts';
import { awaitReplicas, expectReplicas, type Placed } from './replicas.ts';

export interface Acceptance extends Omit<Intake, 'items'> {
  items: readonly PreparedItem[];
}

export interface AcceptOptions {
  /** How many replicas must have it. */
  replicas: number;
  /** When nobody waits for the answer any more, milliseconds (ledger/create/create.ts). */
  withinMs?: number | undefined;
  /** A job that could not be added now is added by the sweep later. Told so that it can be logged. */
  onHandOverFailed?: (error: unknown) => void;
}

export interface Accepted {
  result: CreateResult;
  /** Resolves when the jobs are there. Never rejects. */
  handedOver: Promise<void>;
}

const PAGE = 500;
const NOT_ACCEPTED = 'not accepted: too few replicas of Redis acknowledged';

export async function acceptItems(desk: Desk, { items, ...intake }: Acceptance, options: AcceptOptions): Promise<Accepted> {
  const { store } = desk;
  await expectReplicas(store, options.replicas, items.map(({ generation }) => generation.account));
  await storeImages(store, items);
  const result = await createGenerations(store, { ...intake, withinMs: options.withinMs, items: items.map(({ generation }) => generation) });
  if (result.outcome !== 'accepted') return { result, handedOver: Promise.resolve() };
  await keepOnReplicas(desk, { replicas: options.replicas, batch: intake.batch, items: items.map(({ generation }) => generation) }, result);
  const handedOver = handOver(store, desk.queues, result.fresh.map(asHanded)).catch((error: unknown) => options.onHandOverFailed?.(error));
  return { result, handedOver };
}

/**
 * Written, and accepted only if the replicas have it too. Otherwise what is new is canceled before anybody is told that it is not accepted: it would
 * be submitted all the same, since a sweep gives a job to whatever is queued without one. What came with an end of its own
 * (ledger/create/earlier.ts) is no new work, and stays.
 */
export async function keepOnReplicas(
  desk: Desk,
  { replicas, batch, items }: { replicas: number; batch: string | null; items: readonly NewGeneration[] },
  { created, known }: { created: readonly string[]; known: readonly string[] },
): Promise<void> {
  if (replicas === 0) return;
  const earlier = new Set(items.flatMap((item) => (item.earlier === undefined ? [] : [item.id])));
  const { again, there } = await acceptAgain(desk, known);
  const fresh = new Set(created);
  const before = there.filter(({ id }) => !fresh.has(id));
  const isKnown = new Set([...before, ...again].map(({ id }) => id));
  try {
    // As they were written: by the last it is told whether a fail-over has taken something back. What was known before says nothing of what is new.
    await awaitReplicas(desk.store, replicas, batch, [...before, ...items.filter(({ id }) => !isKnown.has(id)), ...again]);
  } catch (error) {
    await refuseAll(desk, [...created.filter((one) => !earlier.has(one)), ...again.map((one) => one.id)]);
    throw error;
  }
}

/** A hundred in a step: ten thousand one by one take longer than anybody waits for the answer, and what has rested so long gets a job from the sweep. */
async function refuseAll(desk: Desk, ids: readonly string[]): Promise<void> {
  const words = { note: NOT_ACCEPTED, untold: true };
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE);
    const found = (await readGenerations(desk.store, page)).filter((one) => one !== null);
    const canceled = await cancelQueued(desk, found.filter(({ state }) => state === 'queued'), words);
    for (const id of page) if (!canceled.has(id)) await cancelGeneration(desk, id, words);
  }
}

/**
 * Those that were refused once because too few replicas had them: they are known, and nothing was paid for them. Whoever asks again means
 * them to be made, and must not be told that they are accepted while they stay canceled. Answers which, with their new round, and where the others
 * that are known are: not where their account says now, if it has changed since.
 */
async function acceptAgain(desk: Desk, known: readonly string[]): Promise<{ again: Placed[]; there: Placed[] }> {
  const again: Placed[] = [];
  const there: Placed[] = [];
  for (let at = 0; at < known.length; at += PAGE) {
    for (const found of await readGenerations(desk.store, known.slice(at, at + PAGE))) {
      if (found === null) continue;
      const { id, account, shard, round } = found;
      const isRefused = found.state === 'canceled' && found.attempts === 0 && found.history.at(-1)?.note === NOT_ACCEPTED;
      const isAgain = isRefused && (await retryGeneration(desk, id, { mayPay: true, byId: true, seq: found.seq })).done;
      if (isAgain) again.push({ id, account, shard, round: round + 1 });
      else there.push({ id, account, shard });
    }
  }
  return { again, there };
}

/**
 * Before the generations: a worker may take one as soon as it is there. What the ledger knows already has its images, or
 * needs them no more, as what a folder's manifest knows to have succeeded.
 */
export async function storeImages(store: Store, items: readonly Pick<PreparedItem, 'images' | 'generation'>[]): Promise<void> {
  const carrying = items.filter(({ images }) => images.length > 0);
  if (carrying.length === 0) return;
  const fresh = new Set(await unknownIds(store, carrying.map(({ generation }) => generation.id)));
  // One content is one object: to read and hash a picture again for each of a thousand prompts that share it takes a minute.
  const users = new Map<Store, Map<StoredImage, string[]>>();
  for (const { images, generation } of carrying) {
    if (!fresh.has(generation.id) || generation.earlier?.state === 'succeeded') continue;
    const shard = shardOf(store, generation.account);
    const there = users.get(shard) ?? new Map<StoredImage, string[]>();
    users.set(shard, there);
    for (const image of images) {
      const ids = there.get(image) ?? [];
      ids.push(generation.id);
      there.set(image, ids);
    }
  }
  for (const [shard, there] of users) for (const [image, ids] of there) await storeImage(shard, image, ids);
}

function asHanded({ item, turn, place }: Created): Handed {
  const { id, provider, account, priority, ask, trace } = item;
  return { id, state: 'queued', seq: 1, provider, account, priority, turn, place, ask, ...(trace === undefined ? {} : { trace }) };
}
