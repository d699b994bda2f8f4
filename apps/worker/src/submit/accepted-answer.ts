/**
 * An accepted submit, on its way into the ledger. A task id is never dropped: whoever lost the compare brings it to `learn`, and what Redis
 * did not take by the stop's deadline is written to a rescue file that the next start replays (rescue.ts). With REDIS_REPLICAS it is held
 * here until the replicas have it as well: a fail-over that un-writes it is told again.
 */
import { setTimeout as rest } from 'node:timers/promises';
import type { Asset, Progress, Task } from '@dailies/providers';
import { about, type Generation, type Patch, handOver, learn, learnAccepted, promotePoll, shardOf, transition } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';
import { cancelWhereWished } from './cancel-where-wished.ts';

export interface Answer {
  by: string;
  task: Task;
  taskKey: string;
  /** When the intent was written, by the clock of Redis. */
  intentAt: number;
  /** Given by an upstream that finished at once. */
  done?: Progress;
}

/** Answers that the ledger, or too few of its replicas, have not taken yet, by generation. */
export type AcceptedAnswers = Map<string, { generation: Generation; answer: Answer; at: number }>;

/** `recorded`: told when the ledger has it, before its poll is handed over. */
export async function recordAccepted(context: WorkerContext, answers: AcceptedAnswers, desk: Desk, generation: Generation, answer: Answer, recorded: () => void): Promise<StepOutcome> {
  const at = Date.now();
  answers.set(generation.id, { generation, answer, at });
  let isWritten = false;
  try {
    const outcome = await record(context, desk, generation, answer, at, recorded);
    isWritten = true;
    return outcome;
  } finally {
    if (isWritten && context.config.redisReplicas > 0) void keepUntilReplicated(context, answers, desk, generation, answer, at);
    else answers.delete(generation.id);
  }
}

/** Ends with the worker at the latest: what is still held then goes into a rescue file. */
async function keepUntilReplicated(context: WorkerContext, answers: AcceptedAnswers, desk: Desk, generation: Generation, answer: Answer, at: number): Promise<void> {
  const shard = shardOf(context.store, generation.account);
  const proof = { key: shard.keys.tasks(generation.account), field: answer.taskKey, is: generation.id };
  try {
    for (;;) {
      const kept = await context.replicas.has(shard, proof);
      if (kept === 'yes') break;
      if (kept === 'missing') {
        context.log.warn({ ...about(generation), task: answer.taskKey }, 'a fail-over of Redis lost that it was accepted: written again');
        await learnLate(context, desk, generation, answer, patchOf(context, desk, generation, answer, at));
      }
      await rest(KEEP_MS, undefined, { signal: context.stopping });
    }
    answers.delete(generation.id);
  } catch (error) {
    if (!context.stopping.aborted) context.log.error({ ...about(generation), task: answer.taskKey, err: error }, 'a task id could not be written again');
  }
}

const KEEP_MS = 500;

async function record(context: WorkerContext, desk: Desk, generation: Generation, answer: Answer, at: number, recorded: () => void): Promise<StepOutcome> {
  const { store, queues } = context;
  const { by, task, taskKey } = answer;
  const { pace } = desk.settings;
  const patch = patchOf(context, desk, generation, answer, at);
  const assets = finishedAssets(answer.done);
  const to = assets === null ? 'rendering' : 'downloading';
  const result = await transition(store, generation, {
    from: ['submitting'],
    to,
    by,
    seq: generation.seq,
    patch: assets === null ? patch : { ...patch, assets },
    taskKey,
    slotUntil: at + pace.deadlineMs,
  });
  recorded();
  context.at('submit:recorded', generation.id);
  if (result.outcome === 'won' || result.outcome === 'mine') {
    await handOver(store, queues, [{ ...generation, task, state: to, seq: result.seq }], to === 'rendering' ? await context.pacing.firstWait(generation, pace) : 0);
    context.at('submit:handed-over', generation.id);
    const came = await learnAccepted(store, generation, desk.account.maxInFlight, answer.intentAt);
    // The hint was looked for after the poll was handed over: one that came before had nothing to promote.
    if (to === 'rendering' && came.hinted) await promotePoll(queues, { ...generation, seq: result.seq });
    if (to === 'rendering' && came.cancelRequested) await cancelWhereWished(context, generation, by, result.seq);
    return done(`accepted as ${taskKey}`);
  }
  return learnLate(context, desk, generation, answer, patch);
}

function patchOf(context: WorkerContext, { settings }: Desk, generation: Generation, { task, taskKey, done: finished }: Answer, at: number): Patch {
  return {
    task,
    taskKey,
    attempts: generation.attempts + 1,
    submittedAt: at,
    deadlineAt: at + settings.pace.deadlineMs,
    bill: context.prices.bill(generation, 'acceptance') ?? finishedBill(context, generation, finished),
  };
}

async function learnLate(context: WorkerContext, desk: Desk, generation: Generation, answer: Answer, patch: Patch): Promise<StepOutcome> {
  const { pace } = desk.settings;
  const { store, queues, log } = context;
  const { by, task, taskKey } = answer;
  const slotUntil = Date.now() + pace.deadlineMs;
  const learned = await learn(store, generation, { round: generation.round, task, taskKey, by: `${by}.late`, patch, note: 'the answer came late', slotUntil });
  if (learned.outcome === 'adopted') {
    await handOver(store, queues, [{ ...generation, task, state: 'rendering', seq: learned.seq }], await context.pacing.firstWait(generation, pace));
  } else {
    log.warn({ ...about(generation), task: taskKey, outcome: learned.outcome }, 'a paid task came late: kept beside the generation');
  }
  const came = await learnAccepted(store, generation, desk.account.maxInFlight, answer.intentAt);
  if (learned.outcome === 'adopted' && came.hinted) await promotePoll(queues, { ...generation, seq: learned.seq });
  return done(`late answer ${taskKey}: ${learned.outcome}`);
}

function finishedBill({ prices }: WorkerContext, generation: Generation, progress: Progress | undefined): string | undefined {
  return progress?.state === 'succeeded' ? prices.bill(generation, 'success', progress.reported) : undefined;
}

function finishedAssets(progress: Progress | undefined): Asset[] | null {
  return progress?.state === 'succeeded' ? progress.assets : null;
}
