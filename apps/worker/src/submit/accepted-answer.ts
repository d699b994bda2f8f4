/**
 * An accepted submit, on its way into the ledger. A task id is never dropped: whoever lost the compare brings it to `learn`, what Redis
 * refuses (its memory is full) is told again, and what it did not take by the stop's deadline is written to a rescue file that the next start
 * replays (rescue.ts). With REDIS_REPLICAS it is held here until the replicas have it as well: a fail-over that un-writes it is told again.
 */
import { setTimeout as rest } from 'node:timers/promises';
import type { Asset, Progress, Task } from '@dailies/providers';
import { about, type Generation, type LearnResult, type Patch, handOver, learn, learnAccepted, promotePoll, shardOf, transition } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';
import { addressedModel } from './addressed-model.ts';
import { cancelWhereWished } from './cancel-where-wished.ts';
import { untilTaken } from './until-taken.ts';

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
  // What throws here leaves the answer to the rescue file.
  const written = await untilTaken(context, { ...about(generation), task: answer.taskKey }, () => writeOnce(context, desk, generation, answer, at));
  if (context.config.redisReplicas > 0) void keepUntilReplicated(context, answers, desk, generation, answer, at);
  else answers.delete(generation.id);
  recorded();
  context.at('submit:recorded', generation.id);
  return 'learned' in written ? tell(context, desk, generation, answer, written.learned) : goOn(context, desk, generation, answer, written);
}

type Written = { to: 'rendering' | 'downloading'; seq: number } | { learned: LearnResult };

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
        await tell(context, desk, generation, answer, await learnLate(context, desk, generation, answer, patchOf(context, desk, generation, answer, at)));
      }
      await rest(KEEP_MS, undefined, { signal: context.stopping });
    }
    answers.delete(generation.id);
  } catch (error) {
    if (!context.stopping.aborted) context.log.error({ ...about(generation), task: answer.taskKey, err: error }, 'a task id could not be written again');
  }
}

const KEEP_MS = 500;

async function writeOnce(context: WorkerContext, desk: Desk, generation: Generation, answer: Answer, at: number): Promise<Written> {
  const { by, taskKey } = answer;
  const patch = patchOf(context, desk, generation, answer, at);
  const assets = finishedAssets(answer.done);
  const to = assets === null ? 'rendering' : 'downloading';
  const result = await transition(context.store, generation, {
    from: ['submitting'],
    to,
    by,
    seq: generation.seq,
    patch: assets === null ? patch : { ...patch, assets },
    taskKey,
    slotUntil: at + desk.settings.pace.deadlineMs,
  });
  if (result.outcome === 'won' || result.outcome === 'mine') return { to, seq: result.seq };
  return { learned: await learnLate(context, desk, generation, answer, patch) };
}

async function goOn(context: WorkerContext, desk: Desk, generation: Generation, { by, task, taskKey, intentAt }: Answer, { to, seq }: Extract<Written, { seq: number }>): Promise<StepOutcome> {
  const { store, queues } = context;
  await handOver(store, queues, [{ ...generation, task, state: to, seq }], to === 'rendering' ? await context.pacing.firstWait(generation, desk.settings.pace) : 0);
  context.at('submit:handed-over', generation.id);
  const came = await learnAccepted(store, generation, { configured: desk.account.maxInFlight, sentAt: intentAt, took: addressedModel(desk, generation) });
  // The hint was looked for after the poll was handed over: one that came before had nothing to promote.
  if (to === 'rendering' && came.hinted) await promotePoll(queues, { ...generation, seq });
  if (to === 'rendering' && came.cancelRequested) await cancelWhereWished(context, generation, by, seq);
  return done(`accepted as ${taskKey}`);
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

function learnLate({ store }: WorkerContext, { settings }: Desk, generation: Generation, { by, task, taskKey }: Answer, patch: Patch): Promise<LearnResult> {
  return learn(store, generation, { round: generation.round, task, taskKey, by: `${by}.late`, patch, note: 'the answer came late', slotUntil: Date.now() + settings.pace.deadlineMs });
}

/** What follows from an answer that came late. */
async function tell(context: WorkerContext, desk: Desk, generation: Generation, { by, task, taskKey, intentAt }: Answer, learned: LearnResult): Promise<StepOutcome> {
  const { store, queues, log } = context;
  if (learned.outcome === 'adopted') {
    await handOver(store, queues, [{ ...generation, task, state: 'rendering', seq: learned.seq }], await context.pacing.firstWait(generation, desk.settings.pace));
  } else {
    log.warn({ ...about(generation), task: taskKey, outcome: learned.outcome }, 'a paid task came late: kept beside the generation');
  }
  const came = await learnAccepted(store, generation, { configured: desk.account.maxInFlight, sentAt: intentAt, took: addressedModel(desk, generation) });
  if (learned.outcome === 'adopted' && came.hinted) await promotePoll(queues, { ...generation, seq: learned.seq });
  if (learned.outcome === 'adopted' && came.cancelRequested) await cancelWhereWished(context, generation, `${by}.late`, learned.seq);
  return done(`late answer ${taskKey}: ${learned.outcome}`);
}

function finishedBill({ prices }: WorkerContext, generation: Generation, progress: Progress | undefined): string | undefined {
  return progress?.state === 'succeeded' ? prices.bill(generation, 'success', progress.reported) : undefined;
}

function finishedAssets(progress: Progress | undefined): Asset[] | null {
  return progress?.state === 'succeeded' ? progress.assets : null;
}
