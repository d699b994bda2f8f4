/**
 * Handing over: adds the job that a generation's state needs. Repeatable: the id is `<generation>-<seq>`, and adding it twice is harmless.
 * It decides nothing; a generation whose state needs no job gets none.
 */
import type { BulkJobOptions, Job } from 'bullmq';
import type { Generation } from '../generation.ts';
import type { Store } from '../ledger/store.ts';
import { DOWNLOAD_QUEUE, JOB_NAMES, type JobPayload, type QueueKind, jobId, pollQueue, submitPriority, submitQueue } from './names.ts';
import type { Queues } from './queues.ts';

/** What is needed of a generation to hand it over. */
export type Handed = Pick<Generation, 'id' | 'state' | 'seq' | 'provider' | 'account' | 'priority' | 'turn' | 'ask'> &
  Partial<Pick<Generation, 'task' | 'taskEndedAt' | 'held' | 'trace'>>;

/** Which kind of job moves this generation on; null when none does. */
export function jobKind(generation: Pick<Handed, 'state' | 'task' | 'taskEndedAt'>): QueueKind | null {
  switch (generation.state) {
    case 'queued':
      return 'submit';
    case 'ambiguous':
    case 'rendering':
    case 'overdue':
      return 'poll';
    case 'downloading':
      return 'download';
    case 'canceled':
      return generation.task !== undefined && generation.taskEndedAt === undefined ? 'poll' : null;
    default:
      // submitting is watched over by its intent, never by a second job.
      return null;
  }
}

/** `delayMs` applies to polls and submits. One wake-up is published for what was added. */
export async function handOver(store: Store, queues: Queues, generations: readonly Handed[], delayMs = 0): Promise<void> {
  const byQueue = new Map<string, { name: string; data: JobPayload; opts: BulkJobOptions }[]>();
  for (const generation of generations) {
    const kind = jobKind(generation);
    if (kind === null) continue;
    const name = queueFor(kind, generation);
    const jobs = byQueue.get(name) ?? [];
    jobs.push({ name: JOB_NAMES[kind], data: payload(generation), opts: options(kind, generation, delayMs) });
    byQueue.set(name, jobs);
  }
  for (const [name, jobs] of byQueue) {
    for (let at = 0; at < jobs.length; at += 1000) await queues.get(name).addBulk(jobs.slice(at, at + 1000));
  }
  const accounts = new Set(generations.filter((one) => one.state === 'queued').map((one) => one.account));
  for (const account of accounts) await store.redis.publish(store.keys.wake, account);
}

/** The job a generation has for its current seq, if there is one. */
export async function currentJob(queues: Queues, generation: Handed): Promise<Job<JobPayload> | null> {
  const kind = jobKind(generation);
  if (kind === null) return null;
  return (await queues.get(queueFor(kind, generation)).getJob(jobId(generation.id, generation.seq))) ?? null;
}

export function queueFor(kind: QueueKind, generation: Pick<Handed, 'provider'>): string {
  if (kind === 'submit') return submitQueue(generation.provider);
  return kind === 'poll' ? pollQueue(generation.provider) : DOWNLOAD_QUEUE;
}

function payload(generation: Handed): JobPayload {
  const title = (generation.ask.prompt ?? generation.ask.image ?? '').replace(/\s+/g, ' ').slice(0, 80);
  return { v: 1, id: generation.id, seq: generation.seq, title };
}

function options(kind: QueueKind, generation: Handed, delayMs: number): BulkJobOptions {
  const id = { jobId: jobId(generation.id, generation.seq), ...traceOf(generation) };
  if (kind === 'submit') return { ...id, delay: delayMs, priority: submitPriority(generation.priority, generation.turn) };
  return kind === 'poll' ? { ...id, delay: delayMs } : id;
}

/** In the form of bullmq-otel: many generations are handed over together, so whoever does it is not in the trace of each. */
function traceOf({ trace }: Handed): Pick<BulkJobOptions, 'telemetry'> {
  return trace === undefined ? {} : { telemetry: { metadata: JSON.stringify({ traceparent: trace }) } };
}
