/**
 * Lets a delayed poll come now. Harmless where it is under way, due or gone: then nothing happens, and whoever delays it looks at the hint again
 * (`hintedSince`), so that a hint during a poll is not lost.
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

/** Whether a callback has come after this one was seen; `seen` is the `hintAt` that was read before. */
export async function hintedSince(store: Store, id: string, seen = 0): Promise<boolean> {
  return Number((await store.redis.hget(store.keys.generation(id), 'hintAt')) ?? 0) > seen;
}
