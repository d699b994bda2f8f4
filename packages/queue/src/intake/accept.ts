/**
 * Takes prepared requests into the ledger, all of them or none. Accepted means kept: it resolves only after the ledger has them and, with `replicas`,
 * after so many replicas have them too. The jobs are added afterwards: they only schedule, and the sweep adds those that a crash has left out.
 */
import { chunked } from '../chunked.ts';
import { createGenerations } from '../ledger/create/create.ts';
import type { Generation } from '../generation.ts';
import type { Created, CreateResult, Intake, NewGeneration } from '../ledger/create/intake.ts';
import type { Store } from '../ledger/store.ts';
import { readGenerations, readStates } from '../ledger/read.ts';
import { cancelMany } from '../operations/cancel-many.ts';
import type { Desk } from '../operations/desk.ts';
import { retryGeneration } from '../operations/retry.ts';
import { type Handed, handOver } from '../queues/hand-over.ts';
import type { PreparedItem } from './prepare-item.ts';
import { awaitReplicas, expectReplicas, type Placed, TooFewReplicas } from './replicas.ts';
import { storeImages } from './store-images.ts';

export interface Acceptance extends Omit<Intake, 'items'> {
  items: readonly PreparedItem[];
}

export interface AcceptOptions {
  /** How many replicas must have it. */
  replicas: number;
  /** When nobody waits for the answer any more, milliseconds (ledger/create/create.ts). */
  withinMs?: number | undefined;
  /** Called when jobs could not be added, so that it can be logged: the sweep adds them later. */
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
  const again = await keepOnReplicas(desk, { replicas: options.replicas, batch: intake.batch, items: items.map(({ generation }) => generation) }, result);
  const jobs = [handOver(store, desk.queues, result.fresh.map(asHanded)), handOverAgain(desk, again)];
  const handedOver = Promise.all(jobs.map((added) => added.catch((error: unknown) => options.onHandOverFailed?.(error)))).then(() => undefined);
  return { result, handedOver };
}

/**
 * The requests are written, and accepted only if the replicas have them too. If not, what is new is canceled before the caller is told that nothing is
 * accepted: it would be submitted all the same, since the sweep gives a job to whatever is queued without one. What was created with an end that it
 * already had (ledger/create/earlier.ts) is no new work, and stays.
 *
 * Answers the ids of those that were refused before, and are accepted now: whoever calls gives them their jobs.
 */
export async function keepOnReplicas(
  desk: Desk,
  { replicas, batch, items }: { replicas: number; batch: string | null; items: readonly NewGeneration[] },
  { created, known }: { created: readonly string[]; known: readonly string[] },
): Promise<string[]> {
  if (replicas === 0) return [];
  const earlier = new Set(items.flatMap((item) => (item.earlier === undefined ? [] : [item.id])));
  const { again, there } = await acceptAgain(desk, known);
  const fresh = new Set(created);
  const before = there.filter(({ id }) => !fresh.has(id));
  const isKnown = new Set([...before, ...again].map(({ id }) => id));
  try {
    // In the order in which they were written: the last one of a shard tells whether a fail-over has taken something back. So those that were known
    // before come first, since their being there tells nothing of the new ones.
    await awaitReplicas(desk.store, replicas, batch, [...before, ...items.filter(({ id }) => !isKnown.has(id)), ...again]);
    await insistNotRefused(desk.store, before);
  } catch (error) {
    await refuseAll(desk, [...created.filter((one) => !earlier.has(one)), ...again.map((one) => one.id)]);
    throw error;
  }
  return again.map(({ id }) => id);
}

async function handOverAgain({ store, queues }: Desk, ids: readonly string[]): Promise<void> {
  for (const page of chunked(ids, PAGE)) {
    const found = await readGenerations(store, page);
    await handOver(store, queues, found.filter((one) => one !== null));
  }
}

/**
 * Whoever brings the same at the same moment may have been told that it is not accepted, a moment before the replicas were there again, and be canceling
 * it, a hundred after the other. What waited when it was looked at here is then canceled in the end, and must not be accepted.
 */
async function insistNotRefused(store: Store, before: readonly Known[]): Promise<void> {
  const waiting = before.flatMap(({ id, isWaiting }) => (isWaiting ? [id] : []));
  for (const page of chunked(waiting, PAGE)) {
    const canceled = [...(await readStates(store, page))].flatMap(([id, state]) => (state === 'canceled' ? [id] : []));
    const refused = (await readGenerations(store, canceled)).some((one) => one !== null && isRefused(one));
    if (refused) throw new TooFewReplicas('the same was refused at this moment, when it was asked for before');
  }
}

/** A hundred in a step: ten thousand one by one would take longer than anybody waits for the answer, and meanwhile the sweep would give them jobs. */
async function refuseAll(desk: Desk, ids: readonly string[]): Promise<void> {
  const words = { note: NOT_ACCEPTED, untold: true };
  for (const page of chunked(ids, PAGE)) {
    const found = (await readGenerations(desk.store, page)).filter((one) => one !== null);
    await cancelMany(desk, found, words);
  }
}

/**
 * Retries those that were refused before because too few replicas had them: they are known as canceled, and nothing was paid for them. Whoever brings
 * them again wants them made, and must not be told that they are accepted while they stay canceled. Answers these (`again`), with their new round, and
 * the others that are known (`there`), with the shard that each is in: that may not be where new work of its account goes now.
 * They have no job yet: a worker would submit them before it is known whether the replicas have them.
 */
async function acceptAgain(desk: Desk, known: readonly string[]): Promise<{ again: Placed[]; there: Known[] }> {
  const again: Placed[] = [];
  const there: Known[] = [];
  for (const page of chunked(known, PAGE)) {
    for (const found of await readGenerations(desk.store, page)) {
      if (found === null) continue;
      const { id, account, shard, round } = found;
      const wasRefused = isRefused(found);
      const isAgain = wasRefused && (await retryGeneration(desk, id, { mayPay: true, byId: true, seq: found.seq, isHandedOverLater: true })).done;
      if (isAgain) again.push({ id, account, shard, round: round + 1 });
      else there.push({ id, account, shard, isWaiting: wasRefused || found.state === 'queued' });
    }
  }
  return { again, there };
}

interface Known extends Placed {
  /** It was queued, or somebody else, who brings the same at this moment, has just queued it again. */
  isWaiting: boolean;
}

function isRefused({ state, attempts, history }: Generation): boolean {
  return state === 'canceled' && attempts === 0 && history.at(-1)?.note === NOT_ACCEPTED;
}

function asHanded({ item, turn, place }: Created): Handed {
  const { id, provider, account, priority, ask, trace } = item;
  return { id, state: 'queued', seq: 1, provider, account, priority, turn, place, ask, ...(trace === undefined ? {} : { trace }) };
}
