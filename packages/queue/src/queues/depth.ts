/** How many jobs each queue has, of all queues in one round trip: for metrics. BullMQ's own count would take one for each queue. */
import type { Store } from '../ledger/store.ts';
import { answersOf } from '../redis/answers.ts';
import { partKey } from './bullmq-storage.ts';

export interface JobCounts {
  waiting: number;
  delayed: number;
  active: number;
  failed: number;
}

/** Where the jobs of each state are, and what counts a key of that kind. */
const PARTS = [
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

async function jobCountsHere(store: Store, queues: readonly string[]): Promise<Map<string, JobCounts>> {
  const pipeline = store.redis.pipeline();
  for (const queue of queues) for (const [, part, count] of PARTS) pipeline[count](partKey(store, queue, part));
  const answers = (await answersOf(pipeline)) as number[];
  return new Map(
    queues.map((queue, at) => {
      const counts = { ...NONE };
      PARTS.forEach(([state], part) => {
        counts[state] += answers[at * PARTS.length + part] ?? 0;
      });
      return [queue, counts] as const;
    }),
  );
}
