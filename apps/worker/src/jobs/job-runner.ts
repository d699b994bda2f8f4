/**
 * The one file that speaks BullMQ: runs a step for a delivered job and turns its outcome into what happens to the job.
 * Whatever must survive is in the ledger before this file touches the job. A step that throws is a fault of ours: the job waits a little and
 * is delivered again; the generation is not judged by it.
 */
import { setTimeout as rest } from 'node:timers/promises';
import { DelayedError, type Job, UnrecoverableError, Worker, type WorkerOptions } from 'bullmq';
import { FINISHED_JOBS, isRedisAway, type JobPayload, type Keys, type Log, type RedisConnection, tellQueueFaults } from '@dailies/queue';
import type { Delivery, WorkerContext } from '../context.ts';
import type { StepOutcome } from '../steps/step-outcome.ts';

/** A worker that dies is noticed after this and a check of stalled jobs at most; with BullMQ's defaults (30 s and 30 s) it took 61 s. */
export const LOCK_MS = 15_000;
const FAULT_WAIT_MS = 5_000;
const AGAIN_MS = 500;

export interface RunnerOptions {
  queue: string;
  connection: RedisConnection;
  keys: Keys;
  concurrency: number;
  lockMs: number;
  log: Log;
  telemetry?: WorkerOptions['telemetry'];
}

/** Takes jobs by itself and runs the step for each. */
export function createRunner(options: RunnerOptions, step: (delivery: Delivery) => Promise<StepOutcome>): Worker<JobPayload> {
  const { log, queue } = options;
  const worker: Worker<JobPayload> = new PatientWorker<JobPayload>(
    queue,
    async (job, token = '') => {
      const outcome = await runStep(log, job, () => step(deliveryOf(job, token)));
      return settle(worker, job, token, outcome);
    },
    { ...workerOptions(options), concurrency: options.concurrency, ...(options.telemetry === undefined ? {} : { telemetry: options.telemetry }) },
  );
  worker.on('error', tellQueueFaults(log, queue));
  return worker;
}

/** BullMQ asks again at once where Redis refuses it a job that is due (it is full, or has become a replica): a thousand times a second, until that is over. */
class PatientWorker<Data> extends Worker<Data> {
  protected override async moveToActive(token: string, name?: string): Promise<Job<Data>> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') await rest(AGAIN_MS);
      throw error;
    }
  }
}

/** Hands out a job only when the gate asks for one. `runByHand` renews its lock and settles it. */
export function createFetcher(options: RunnerOptions): Worker<JobPayload> {
  const worker = new Worker<JobPayload>(options.queue, null, workerOptions(options));
  worker.on('error', tellQueueFaults(options.log, options.queue));
  return worker;
}

/** Runs a step for a job that was fetched by hand, keeps its lock meanwhile, and settles it. */
export async function runByHand(
  { log, lockMs }: Pick<WorkerContext, 'log' | 'lockMs'>,
  job: Job<JobPayload>,
  token: string,
  step: (delivery: Delivery) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const renewal = setInterval(() => void job.extendLock(token, lockMs).catch(() => undefined), lockMs / 3);
  try {
    const outcome = await runStep(log, job, () => step(deliveryOf(job, token)));
    await settleByHand(job, token, outcome).catch((error: unknown) => {
      // Another worker has taken the job over, or Redis is away. Nothing is lost by it: what the step did is in the ledger.
      log.info({ job: job.id, generation: job.data.id, reason: error instanceof Error ? error.message : String(error) }, 'job was not settled');
    });
    return outcome;
  } finally {
    clearInterval(renewal);
  }
}

async function runStep(log: Log, job: Job<JobPayload>, step: () => Promise<StepOutcome>): Promise<StepOutcome> {
  try {
    return await step();
  } catch (error) {
    log.error({ job: job.id, generation: job.data.id, err: error }, 'fault in a step: the job is delivered again');
    return { kind: 'wait', ms: FAULT_WAIT_MS, why: 'a fault of ours' };
  }
}

/** Thrown to tell BullMQ that a job was delayed. One for all of them: with thousands of waits a second a stack trace for each would only cost time. */
const WAITS = new DelayedError();

/** Inside a BullMQ processor: a job that was delayed is told by throwing BullMQ's own error for it, which does not count as a failure. */
async function settle(worker: Worker, job: Job<JobPayload>, token: string, outcome: StepOutcome): Promise<string> {
  switch (outcome.kind) {
    case 'done':
      return outcome.note;
    case 'failed':
      throw new UnrecoverableError(outcome.reason);
    case 'wait':
      if (outcome.tell !== undefined) await insist(worker, () => job.log(`${new Date().toISOString()} waits: ${outcome.tell}`));
      await insist(worker, () => job.moveToDelayed(Date.now() + outcome.ms, token));
      // A callback that came before the job was delayed found nothing to promote, so it is asked for here. One that comes from now on promotes the job.
      if (await outcome.hurry?.().catch(() => false)) await job.promote().catch(() => undefined);
      throw WAITS;
    case 'back':
      await insist(worker, () => job.moveToDelayed(Date.now(), token));
      throw WAITS;
  }
}

/** Again and again while Redis refuses it (BUSY, a fail-over): to BullMQ the job would have failed, and nobody would take it until the sweep repairs it. */
async function insist(worker: Worker, act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (worker.closing !== undefined || !(error instanceof Error) || !isRedisAway(error)) throw error;
      worker.emit('error', error);
      await rest(AGAIN_MS);
    }
  }
}

async function settleByHand(job: Job<JobPayload>, token: string, outcome: StepOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      await job.moveToCompleted(outcome.note, token, false);
      return;
    case 'failed':
      await job.moveToFailed(new UnrecoverableError(outcome.reason), token, false);
      return;
    case 'wait':
      await job.moveToDelayed(Date.now() + outcome.ms, token);
      return;
    case 'back':
      await job.moveToWait(token);
      return;
  }
}

function deliveryOf(job: Job<JobPayload>, token: string): Delivery {
  const plannedAt = job.attemptsStarted === 1 ? job.timestamp + (job.opts.delay ?? 0) : undefined;
  return { id: job.data.id, seq: job.data.seq, token: `${token}.${job.attemptsStarted}`, plannedAt };
}

function workerOptions({ connection, keys, lockMs }: RunnerOptions) {
  return {
    connection,
    prefix: keys.prefix,
    // Not skipVersionCheck: without the version BullMQ waits in whole seconds, and every poll comes up to a second late.
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: Math.round(lockMs / 5),
    // A stall ends nothing: the ledger decides what a redelivered job may do.
    maxStalledCount: 1_000_000,
    runRetryDelay: 500,
    ...FINISHED_JOBS,
  };
}
