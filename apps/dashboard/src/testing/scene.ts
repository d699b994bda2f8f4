/**
 * Generations in the states that a board has to show, made by the ledger's own transitions, with the jobs that a worker would have left.
 */
import {
  connectForWorker, createGenerations, createLog, endEvent, type Generation, type GenerationFailure, handOver, handOverEvent, jobId, readEvent,
  readGeneration, recordEvent, type State, subjectOf, transition, type Patch,
} from '@dailies/queue';
import { UnrecoverableError, Worker } from 'bullmq';
import type { House } from './house.ts';

export interface Actor {
  id: string;
  title?: string;
  batch?: string | null;
}

export async function queued(house: House, { id, title = `prompt of ${id}`, batch = null }: Actor): Promise<Generation> {
  const account = house.config.providers.allegro.account?.id ?? '';
  const item = { id, provider: 'allegro' as const, account, ask: { prompt: title }, request: {}, fingerprint: id, priority: 1, metadata: null };
  await createGenerations(house.desk.store, { batch, lane: 'test', attended: false, items: [item] });
  const generation = await read(house, id);
  await handOver(house.desk.store, house.desk.queues, [generation]);
  return generation;
}

export async function rendering(house: House, actor: Actor, submittedAt = Date.now(), delayMs = 3_600_000): Promise<Generation> {
  await queued(house, actor);
  const generation = await submit(house, actor, submittedAt, delayMs);
  await finish(house, 'allegro-submit', jobId(actor.id, 1), 'accepted');
  return generation;
}

/** Of what is queued; its job is left as it was. */
export async function submit(house: House, { id }: Actor, submittedAt = Date.now(), delayMs = 3_600_000): Promise<Generation> {
  await move(house, id, 'submitting', { clientId: `${id}.1` });
  const task = { id: `task-${id}` };
  return move(house, id, 'rendering', { task, taskKey: task.id, submittedAt, attempts: 1 }, delayMs);
}

export async function failed(house: House, actor: Actor, failure: GenerationFailure): Promise<Generation> {
  const { seq } = await rendering(house, actor, Date.now(), 0);
  const generation = await move(house, actor.id, 'failed', { failure, finishedAt: Date.now() });
  await fail(house, 'allegro-poll', jobId(actor.id, seq), failure.message);
  return generation;
}

export async function failedAsset(house: House, actor: Actor): Promise<Generation> {
  const polled = await rendering(house, actor, Date.now(), 0);
  const { seq } = await move(house, actor.id, 'downloading', { assets: [{ kind: 'video', url: 'https://assets.example/v.mp4?sig=secret' }] });
  await finish(house, 'allegro-poll', jobId(actor.id, polled.seq), 'ready');
  const failure = { kind: 'asset', message: 'the link answers 403', retryable: true };
  const generation = await move(house, actor.id, 'failed', { failure, finishedAt: Date.now() });
  await fail(house, 'download', jobId(actor.id, seq), failure.message);
  return generation;
}

export async function succeeded(house: House, actor: Actor, patch: Patch = {}): Promise<Generation> {
  const polled = await rendering(house, actor, Date.now(), 0);
  const { seq } = await move(house, actor.id, 'downloading', {});
  await finish(house, 'allegro-poll', jobId(actor.id, polled.seq), 'ready');
  const generation = await move(house, actor.id, 'succeeded', { finishedAt: Date.now(), ...patch });
  await finish(house, 'download', jobId(actor.id, seq), `${actor.id}.mp4`);
  return generation;
}

export async function unresolved(house: House, actor: Actor): Promise<Generation> {
  await submitting(house, actor);
  const { seq } = await move(house, actor.id, 'ambiguous', { ambiguity: { sentAt: Date.now(), endSeen: false, why: 'reset' } });
  await fail(house, 'allegro-submit', jobId(actor.id, 1), 'nobody knows whether it was accepted: reset');
  const generation = await move(house, actor.id, 'unresolved', {});
  await fail(house, 'allegro-poll', jobId(actor.id, seq), 'unresolved');
  return generation;
}

/** An event whose endpoint failed until it was given up. Its address holds a secret. */
export async function untold(house: House, id: string): Promise<void> {
  const event = {
    id,
    type: 'generation.failed',
    subject: subjectOf('generation', 'g1'),
    at: Date.now(),
    url: 'https://hooks.example/x?token=SECRET',
    body: '{}',
  };
  const seq = await recordEvent(house.desk.store, event);
  if (seq === null) throw new Error(`${id} was there before`);
  await handOverEvent(house.desk, event, seq);
  const recorded = await readEvent(house.desk.store, id);
  if (recorded === null) throw new Error(`no event ${id}`);
  await endEvent(house.desk.store, recorded, 'given up');
  await fail(house, 'webhook', jobId(id, seq), 'given up after 12 tries: HTTP 500');
}

export async function read(house: House, id: string): Promise<Generation> {
  const generation = await readGeneration(house.desk.store, id);
  if (generation === null) throw new Error(`no generation ${id}`);
  return generation;
}

async function submitting(house: House, actor: Actor): Promise<Generation> {
  await queued(house, actor);
  return move(house, actor.id, 'submitting', { clientId: `${actor.id}.1` });
}

export async function move(house: House, id: string, to: State, patch: Patch, delayMs = 0): Promise<Generation> {
  const before = await read(house, id);
  const admission = { reservation: 'none', limit: 1_000, limitOfProvider: 1_000, judgeAfterMs: 60_000 };
  const result = await transition(house.desk.store, before, {
    from: [before.state],
    to,
    by: `test-${to}`,
    patch,
    taskKey: patch.taskKey ?? undefined,
    slotUntil: Date.now() + 60_000,
    ...(to === 'submitting' ? { admission } : {}),
  });
  if (result.outcome !== 'won') throw new Error(`${id} to ${to}: ${result.outcome}`);
  const after = await read(house, id);
  if (after.seq !== before.seq) await handOver(house.desk.store, house.desk.queues, [after], delayMs);
  return after;
}

/** Takes the job as a worker would, and ends it. */
async function finish(house: House, queue: string, id: string, note: string): Promise<void> {
  await withJob(house, queue, id, async (job, token) => void (await job.moveToCompleted(note, token, false)));
}

async function fail(house: House, queue: string, id: string, reason: string): Promise<void> {
  await withJob(house, queue, id, (job, token) => job.moveToFailed(new UnrecoverableError(reason), token, false).then(() => undefined));
}

type Taken = NonNullable<Awaited<ReturnType<Worker['getNextJob']>>>;

async function withJob(house: House, queue: string, id: string, end: (job: Taken, token: string) => Promise<void>): Promise<void> {
  const { store } = house.desk;
  // A connection of its own, as a worker has: the desk's refuses to block.
  const connection = connectForWorker(house.redisUrl, { name: 'test-worker', log: createLog({ level: 'silent', name: 'test' }) });
  const worker = new Worker(queue, null, { connection, prefix: store.keys.prefix, autorun: false });
  try {
    const job = await worker.getNextJob('token', { block: false });
    if (job?.id !== id) throw new Error(`expected ${id} next in ${queue}, found ${job?.id}`);
    await end(job, 'token');
  } finally {
    await worker.close();
    connection.disconnect();
  }
}
