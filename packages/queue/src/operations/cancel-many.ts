/** Cancel of many that are queued: what `cancelGeneration` does with each of them, a hundred in a step. */
import { chunked } from '../chunked.ts';
import type { Generation } from '../generation.ts';
import { groupedBy } from '../grouped-by.ts';
import { cancelQueuedOnes, type CancelWords, MOST_CANCELED } from '../ledger/cancel-queued.ts';
import { jobId, submitQueue } from '../queues/names.ts';
import { shardWith } from '../shards/routing.ts';
import { CANCELED_BY_PERSON } from './cancel.ts';
import { byPerson, deskAt, type Desk } from './desk.ts';

const BY_PERSON: CancelWords = { note: CANCELED_BY_PERSON };

/** Answers the ids that it canceled. The others are not queued as they were seen any more. `words`: for the history, and whether a webhook tells of it. */
export async function cancelQueued(desk: Desk, generations: readonly Generation[], words: CancelWords = BY_PERSON): Promise<Set<string>> {
  const alike = groupedBy(generations, ({ shard, account, provider, batch }) => JSON.stringify([shard, account, provider, batch]));
  const canceled = new Set<string>();
  for (const chunk of [...alike.values()].flatMap((group) => chunked(group, MOST_CANCELED))) {
    for (const { id } of await cancelChunk(desk, chunk, words)) canceled.add(id);
  }
  return canceled;
}

async function cancelChunk(desk: Desk, chunk: readonly Generation[], words: CancelWords): Promise<Generation[]> {
  const [first] = chunk;
  if (first === undefined) return [];
  const { store, queues } = deskAt(desk, shardWith(desk.store, first).number);
  const done = await cancelQueuedOnes(store, chunk.map((one) => ({ ...one, by: byPerson(one.round) })), words);
  const canceled = chunk.filter((_one, at) => done[at] === true);
  const queue = queues.get(submitQueue(first.provider));
  // A job that stays would end as a no-op; removing it only keeps Bull Board tidy.
  await Promise.all(canceled.map(({ id, seq }) => queue.remove(jobId(id, seq)).catch(() => undefined)));
  return canceled;
}
