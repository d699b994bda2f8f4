/**
 * An accepted submit, on its way into the ledger. A task id is never dropped: whoever lost the compare brings it to `learn`, and what Redis
 * did not take by the stop's deadline is written to a rescue file that the next start replays (rescue.ts).
 */
import type { Asset, Progress, Task } from '@dailies/providers';
import { type Generation, type Patch, handOver, learn, pollPauseTotal, readGeneration, transition } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

export interface Answer {
  by: string;
  task: Task;
  taskKey: string;
  /** Given by an upstream that finished at once. */
  done?: Progress;
}

/** Answers that the ledger has not taken yet, by generation. */
export type AcceptedAnswers = Map<string, { generation: Generation; answer: Answer; at: number }>;

export async function recordAccepted(context: WorkerContext, answers: AcceptedAnswers, desk: Desk, generation: Generation, answer: Answer): Promise<StepOutcome> {
  const at = Date.now();
  answers.set(generation.id, { generation, answer, at });
  try {
    return await record(context, desk, generation, answer, at);
  } finally {
    answers.delete(generation.id);
  }
}

async function record(context: WorkerContext, desk: Desk, generation: Generation, answer: Answer, at: number): Promise<StepOutcome> {
  const { store, queues } = context;
  const { by, task, taskKey } = answer;
  const { pace } = desk.settings;
  const patch: Patch = {
    task,
    taskKey,
    attempts: generation.attempts + 1,
    submittedAt: at,
    deadlineAt: at + pace.deadlineMs,
    pausedBase: await pollPauseTotal(store, generation.provider),
  };
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
  if (result.outcome === 'won' || result.outcome === 'mine') {
    await handOver(store, queues, [{ ...generation, task, state: to, seq: result.seq }], pace.firstPollMs);
    if (to === 'rendering') await cancelWhereWished(context, generation, by, result.seq);
    return done(`accepted as ${taskKey}`);
  }
  return learnLate(context, generation, answer, patch, pace);
}

async function learnLate(context: WorkerContext, generation: Generation, answer: Answer, patch: Patch, pace: { firstPollMs: number; deadlineMs: number }): Promise<StepOutcome> {
  const { store, queues, log } = context;
  const { by, task, taskKey } = answer;
  const slotUntil = Date.now() + pace.deadlineMs;
  const learned = await learn(store, generation, { round: generation.round, task, taskKey, by: `${by}.late`, patch, note: 'the answer came late', slotUntil });
  if (learned.outcome === 'adopted') {
    await handOver(store, queues, [{ ...generation, task, state: 'rendering', seq: learned.seq }], pace.firstPollMs);
  } else {
    log.warn({ generation: generation.id, task: taskKey, outcome: learned.outcome }, 'a paid task came late: kept beside the generation');
  }
  return done(`late answer ${taskKey}: ${learned.outcome}`);
}

/** Somebody asked to cancel while the outcome was not known. It is accepted, so it will be billed; its task is kept. */
async function cancelWhereWished(context: WorkerContext, generation: Generation, by: string, seq: number): Promise<void> {
  const found = await readGeneration(context.store, generation.id);
  if (found?.cancelRequested !== true) return;
  await transition(context.store, generation, {
    from: ['rendering'],
    to: 'canceled',
    by,
    seq,
    keepsTask: true,
    patch: { cancelRequested: null, finishedAt: Date.now() },
    note: 'canceled: it was accepted meanwhile and will be billed',
  });
}

function finishedAssets(progress: Progress | undefined): Asset[] | null {
  return progress?.state === 'succeeded' ? progress.assets : null;
}
