/**
 * An accepted submit, on its way into the ledger. A task id is never dropped: whoever lost the compare brings it to `learn`, and what Redis
 * did not take by the stop's deadline is written to a rescue file that the next start replays (rescue.ts).
 */
import type { Asset, Progress, Task } from '@dailies/providers';
import { about, type Generation, type Patch, handOver, learn, learnAccepted, promotePoll, transition } from '@dailies/queue';
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
    bill: context.prices.bill(generation, 'acceptance') ?? finishedBill(context, generation, answer.done),
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
