/** How many jobs each queue has, of all queues in one round trip: for metrics. BullMQ's own count would take one for each queue. */
import type { Store } from '../ledger/store.ts';

export interface JobCounts {
  waiting: number;
  delayed: number;
  active: number;
  failed: number;
}

/** Where BullMQ keeps the jobs of each state, and what counts a key of that kind. */
const PLACES = [
  ['waiting', 'wait', 'llen'],
  ['waiting', 'prioritized', 'zcard'],
  ['delayed', 'delayed', 'zcard'],
  ['active', 'active', 'llen'],
  ['failed', 'failed', 'zcard'],
] as const;

export async function jobCounts(store: Store, queues: readonly string[]): Promise<Map<string, JobCounts>> {
  const found = await Promise.all(store.shards.map((shard) => jobCountsHere(shard, queues)));
  return new Map(queues.map((queue) => [queue, found.map((counts) => counts.get(queue) ?? NONE).reduce(sum)] as const));
}

const NONE: JobCounts = { waiting: 0, delayed: 0, active: 0, failed: 0 };

function sum(a: JobCounts, b: JobCounts): JobCounts {
  return { waiting: a.waiting + b.waiting, delayed: a.delayed + b.delayed, active: a.active + b.active, failed: a.failed + b.failed };
}

async function jobCountsHere({ redis, keys }: Store, queues: readonly string[]): Promise<Map<string, JobCounts>> {
  const pipeline = redis.pipeline();
  for (const queue of queues) for (const [, place, count] of PLACES) pipeline[count](`${keys.prefix}:${queue}:${place}`);
  const answers = ((await pipeline.exec()) ?? []).map(([, count]) => Number(count ?? 0));
  return new Map(
    queues.map((queue, at) => {
      const counts = { ...NONE };
      PLACES.forEach(([state], place) => {
        counts[state] += answers[at * PLACES.length + place] ?? 0;
      });
      return [queue, counts] as const;
    }),
  );
}
