/**
 * Lets a delayed poll come now. Where the poll is under way, due or gone, nothing happens. A hint that comes during a poll is not lost by that: whoever
 * delays the poll looks for it afterwards (`hintedSince`).
 */
import type { Generation } from '../generation.ts';
import type { Store } from '../ledger/store.ts';
import { jobId, pollQueue } from '../queues/names.ts';
import type { Queues } from '../queues/queues.ts';

export async function promotePoll(queues: Queues, { id, provider, seq }: Pick<Generation, 'id' | 'provider' | 'seq'>): Promise<void> {
  const job = await queues.get(pollQueue(provider)).getJob(jobId(id, seq));
  if (job === undefined || !(await job.isDelayed())) return;
  await job.promote().catch(() => undefined);
}

/** Whether a callback has come since; `seen`: the `hintAt` that was read before. */
export async function hintedSince(store: Store, id: string, seen = 0): Promise<boolean> {
  return Number((await store.redis.hget(store.keys.generation(id), 'hintAt')) ?? 0) > seen;
}
