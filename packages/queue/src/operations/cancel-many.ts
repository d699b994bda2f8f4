/** Cancel of many: what `cancelGeneration` does with each of them, never by rules of its own. Those that are queued are canceled a hundred in a step. */
import { chunked } from '../chunked.ts';
import type { Generation } from '../generation.ts';
import { groupedBy } from '../grouped-by.ts';
import { batchIds } from '../ledger/batches.ts';
import { cancelQueuedOnes, type CancelWords, MOST_CANCELED } from '../ledger/cancel-queued.ts';
import { readGenerations } from '../ledger/read.ts';
import { shardWith } from '../shards/routing.ts';
import { isTerminal } from '../states.ts';
import {
  alreadyEnded, CANCELED_BY_PERSON, canceledInQueue, cancelGeneration, type CancelOptions, type CancelOutcome, isOlderCopy, removeJob,
} from './cancel.ts';
import { byPerson } from './by-person.ts';
import { type Desk, deskAt, withoutReplicas } from './desk.ts';
import { insistStopped, type Stopped } from './stays-stopped.ts';

const PAGE = 500;
const AT_ONCE = 25;

interface ManyOptions extends Omit<CancelOptions, 'seen'> {
  /** One that has moved on since it was read, and may cost something now, is left as it is. Default: it is canceled by the rules of its new state. */
  asSeen?: boolean;
  /** Those that are canceled now, or whose wish to be is noted, are added to it, as `insistStopped` wants them. */
  stopped?: Stopped[];
}

/** Answers what became of each, in their order. No replica is asked: whoever is through with all of them asks once (`stopped`). */
export async function cancelMany(
  many: Desk,
  generations: readonly Generation[],
  { asSeen = false, stopped, ...options }: ManyOptions = {},
): Promise<CancelOutcome[]> {
  const desk = withoutReplicas(many);
  const outcomes = await cancelQueued(desk, generations.filter(({ state }) => state === 'queued'), options);
  for (const one of generations) if (isTerminal(one.state)) outcomes.set(one.id, alreadyEnded(one));
  for (const together of chunked(generations.filter(({ id }) => !outcomes.has(id)), AT_ONCE)) {
    const done = await Promise.all(together.map((one) => cancelGeneration(desk, one.id, { ...options, seen: asSeen ? one : undefined })));
    for (const outcome of done) outcomes.set(outcome.id, outcome);
  }
  stopped?.push(...stoppedOf(generations, outcomes));
  return generations.flatMap(({ id }) => outcomes.get(id) ?? []);
}

interface WholeOptions extends Pick<CancelOptions, 'collect'> {
  /** Once it is aborted, no further page is begun. Default: all of the batch is canceled. */
  signal?: AbortSignal;
}

/**
 * Cancels a whole batch, a page after the other, in the order of its generations. Answers the outcomes of each page once it is done with it. Throws
 * MayBeForgotten, after all of it.
 */
export async function* cancelWholeBatch(desk: Desk, name: string, { signal, ...options }: WholeOptions): AsyncGenerator<CancelOutcome[]> {
  const stopped: Stopped[] = [];
  for (let at = 0; ; at += PAGE) {
    const ids = signal?.aborted === true ? [] : await batchIds(desk.store, name, at, at + PAGE - 1);
    if (ids.length === 0) return insistStopped(desk, stopped);
    const found = await readGenerations(desk.store, ids);
    yield await cancelMany(desk, found.filter((one) => one !== null), { ...options, stopped });
  }
}

/** `outcomes` in the order in which they came about. */
function stoppedOf(generations: readonly Generation[], outcomes: ReadonlyMap<string, CancelOutcome>): Stopped[] {
  const known = new Map(generations.map((one) => [one.id, one]));
  return [...outcomes.values()].flatMap(({ id, outcome }) => {
    const one = known.get(id);
    const isEarlier = outcome === 'nothing' && one?.state === 'canceled';
    const isCanceled = outcome === 'canceled' || isEarlier;
    return one !== undefined && (isCanceled || outcome === 'requested') ? [{ id, account: one.account, shard: one.shard, isCanceled, isEarlier }] : [];
  });
}

/** Those that it canceled. The others are not queued as they were seen any more. */
async function cancelQueued(desk: Desk, queued: readonly Generation[], options: CancelOptions): Promise<Map<string, CancelOutcome>> {
  const { note = CANCELED_BY_PERSON, untold } = options;
  const alike = groupedBy(queued, ({ shard, account, provider, batch }) => JSON.stringify([shard, account, provider, batch]));
  const canceled = new Map<string, CancelOutcome>();
  for (const chunk of [...alike.values()].flatMap((group) => chunked(group, MOST_CANCELED))) {
    for (const outcome of await cancelChunk(desk, chunk, { note, untold })) canceled.set(outcome.id, outcome);
  }
  return canceled;
}

async function cancelChunk(desk: Desk, chunk: readonly Generation[], words: CancelWords): Promise<CancelOutcome[]> {
  const [first] = chunk;
  if (first === undefined) return [];
  const here = deskAt(desk, shardWith(desk.store, first).number);
  const isOlder = await isOlderCopy(here.store);
  const done = await cancelQueuedOnes(here.store, chunk.map((one) => ({ ...one, by: byPerson(one.round) })), words);
  const canceled = chunk.filter((_one, at) => done[at] === true);
  await Promise.all(canceled.map((one) => removeJob(here, one)));
  return canceled.map((one) => canceledInQueue(one, isOlder));
}
