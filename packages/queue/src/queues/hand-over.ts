/**
 * Handing over: adds the job that a generation's state needs. Repeatable: the id is `<generation>-<seq>`, and adding it twice is harmless.
 * It decides nothing; a generation whose state needs no job gets none.
 */
import type { ProviderName } from '@dailies/providers';
import type { BulkJobOptions } from 'bullmq';
import { beginningOf } from '../beginning-of.ts';
import { chunked } from '../chunked.ts';
import type { Generation } from '../generation.ts';
import { groupedBy } from '../grouped-by.ts';
import { decodePlaces, placesOf } from '../ledger/turns/places.ts';
import type { Store } from '../ledger/store.ts';
import { answersOf } from '../redis/answers.ts';
import { shardWith } from '../shards/routing.ts';
import { DOWNLOAD_QUEUE, JOB_NAMES, type JobPayload, type QueueKind, jobId, pollQueue, submitPriority, submitQueue } from './names.ts';
import type { Queues } from './queues.ts';

const JOBS_AT_ONCE = 1_000;

/** What is needed of a generation to hand it over. */
export type Handed = Pick<Generation, 'id' | 'state' | 'seq' | 'provider' | 'account' | 'priority' | 'turn' | 'ask'> &
  Partial<Pick<Generation, 'task' | 'taskEndedAt' | 'held' | 'shard' | 'trace'>> & {
    /** The place of its turn (ledger/turns/places.ts), where the script that gave it the turn has told it too. */
    place?: number | undefined;
  };

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
  if (store.shards.length === 1) return handOverHere(store, queues, generations, delayMs);
  const byShard = groupedBy(generations, (generation) => shardWith(store, generation));
  await Promise.all([...byShard].map(([shard, some]) => handOverHere(shard, queues.of(shard.number), some, delayMs)));
}

async function handOverHere(store: Store, queues: Queues, generations: readonly Handed[], delayMs: number): Promise<void> {
  const queued = generations.filter((one) => one.state === 'queued');
  const placed = await placesFor(store, queued);
  const all = generations.flatMap((generation) => {
    const kind = jobKind(generation);
    if (kind === null) return [];
    return [{ queue: queueFor(kind, generation), name: JOB_NAMES[kind], data: payload(generation), opts: options(kind, generation, placed, delayMs) }];
  });
  for (const [queue, jobs] of groupedBy(all, (job) => job.queue)) {
    const [only] = jobs;
    // One alone needs no transaction around it.
    if (jobs.length === 1 && only !== undefined) await queues.get(queue).add(only.name, only.data, only.opts);
    else for (const some of chunked(jobs, JOBS_AT_ONCE)) await queues.get(queue).addBulk(some);
  }
  if (queued.length > 0) await announce(store, queues, queued, placed);
}

/** The place of each, by id. Redis is asked only for those whose place no script has just told. */
async function placesFor(store: Store, queued: readonly Handed[]): Promise<Map<string, number>> {
  const places = await placesOf(store, queued.filter((one) => one.place === undefined).map((one) => one.provider));
  return new Map(queued.map((one) => [one.id, one.place ?? places.get(one.provider)?.of(one) ?? one.turn]));
}

/** Wakes the gates that may take them. A job that was added while a rebase was moving others may stand at a wrong place: then it is moved (rebase.ts). */
async function announce(store: Store, queues: Queues, queued: readonly Handed[], placed: ReadonlyMap<string, number>): Promise<void> {
  const pipeline = store.redis.pipeline();
  const providers = [...new Set(queued.map((one) => one.provider))];
  for (const provider of providers) pipeline.hgetall(store.keys.turns(provider));
  for (const news of new Set(queued.map((one) => wakeForWork(one.account, one.provider)))) pipeline.publish(store.keys.wake, news);
  const turns = (await answersOf(pipeline)) as Record<string, string>[];
  const places = new Map(providers.map((provider, at) => [provider, decodePlaces(turns[at] ?? {})]));
  const displaced = queued.filter((one) => places.get(one.provider)?.of(one) !== placed.get(one.id));
  if (displaced.length > 0) await putInPlace(store, queues, displaced);
}

/** Gives waiting submits the place of their turn, whatever place they had. */
export async function putInPlace(store: Store, queues: Queues, queued: readonly Handed[]): Promise<void> {
  for (let left = queued; left.length > 0; ) {
    const placed = await placesFor(store, left.map((one) => ({ ...one, place: undefined })));
    for (const generation of left) {
      const job = await queues.get(submitQueue(generation.provider)).getJob(jobId(generation.id, generation.seq));
      // A job that is gone meanwhile needs no place.
      await job?.changePriority({ priority: submitPriority(generation.priority, placed.get(generation.id) ?? generation.turn) }).catch(() => undefined);
    }
    const now = await placesFor(store, left.map((one) => ({ ...one, place: undefined })));
    left = left.filter((one) => now.get(one.id) !== placed.get(one.id));
  }
}

/**
 * What is published when an account has new work at a provider. When a slot becomes free, only the account is published, which wakes only gates that had
 * work at their last turn: slots become free far more often than work comes in.
 */
export function wakeForWork(account: string, provider: ProviderName): string {
  return `${account} ${provider}`;
}

export function queueFor(kind: QueueKind, generation: Pick<Handed, 'provider'>): string {
  if (kind === 'submit') return submitQueue(generation.provider);
  return kind === 'poll' ? pollQueue(generation.provider) : DOWNLOAD_QUEUE;
}

function payload(generation: Handed): JobPayload {
  const title = beginningOf((generation.ask.prompt ?? generation.ask.image ?? '').replace(/\s+/g, ' '), 80);
  return { v: 1, id: generation.id, seq: generation.seq, title };
}

function options(kind: QueueKind, generation: Handed, placed: ReadonlyMap<string, number>, delayMs: number): BulkJobOptions {
  const id = { jobId: jobId(generation.id, generation.seq), ...traceOf(generation) };
  if (kind === 'submit') return { ...id, delay: delayMs, priority: submitPriority(generation.priority, placed.get(generation.id) ?? generation.turn) };
  return kind === 'poll' ? { ...id, delay: delayMs } : id;
}

/** The trace of the generation, in the form of bullmq-otel: many are handed over together, so the process that does it is not in the trace of each. */
function traceOf({ trace }: Handed): Pick<BulkJobOptions, 'telemetry'> {
  return trace === undefined ? {} : { telemetry: { metadata: JSON.stringify({ traceparent: trace }) } };
}
