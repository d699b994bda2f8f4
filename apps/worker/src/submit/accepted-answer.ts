/**
 * An accepted submit, on its way into the ledger. A task id is never dropped: whoever lost the compare brings it to `learn`, what Redis
 * refuses (its memory is full) is told again, and what it did not take by the stop's deadline is written to a rescue file that the next start
 * replays (rescue.ts). With REDIS_REPLICAS it is held here until the replicas have it as well: a fail-over that un-writes it is told again.
 */
import { setTimeout as rest } from 'node:timers/promises';
import type { Succeeded, Task } from '@dailies/providers';
import { about, type LearnResult, type Patch, handOver, learn, learnAccepted, promotePoll, shardOf, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';
import { addressedModel } from './addressed-model.ts';
import { cancelAccepted } from './cancel-wish.ts';
import { untilTaken } from './until-taken.ts';

export interface AcceptedAnswer extends Assignment {
  task: Task;
  taskKey: string;
  /** When the intent was written, by the clock of Redis. */
  intentAt: number;
  /** When the answer came, by our own clock. */
  answeredAt: number;
  /** Given by an upstream that finished at once. */
  done?: Succeeded;
}

/** Answers that the ledger, or too few of its replicas, have not taken yet, by generation. */
export type AcceptedAnswers = Map<string, AcceptedAnswer>;

/** `recorded`: told when the ledger has it, before its poll is handed over. */
export async function recordAccepted(
  context: WorkerContext,
  answers: AcceptedAnswers,
  answer: AcceptedAnswer,
  recorded: () => void,
): Promise<StepOutcome> {
  const { generation, taskKey } = answer;
  answers.set(generation.id, answer);
  // What throws here leaves the answer to the rescue file.
  const written = await untilTaken(context, { ...about(generation), task: taskKey }, () => writeOnce(context, answer));
  if (context.config.redisReplicas > 0) void keepUntilReplicated(context, answers, answer);
  else answers.delete(generation.id);
  recorded();
  context.at('submit:recorded', generation.id);
  return 'learned' in written ? afterLate(context, answer, written.learned) : afterWritten(context, answer, written);
}

type Written = { to: 'rendering' | 'downloading'; seq: number } | { learned: LearnResult };

const LOOK_AGAIN_MS = 500;

/** Ends with the worker at the latest: what is still held then goes into a rescue file. */
async function keepUntilReplicated(context: WorkerContext, answers: AcceptedAnswers, answer: AcceptedAnswer): Promise<void> {
  const { generation, taskKey } = answer;
  const shard = shardOf(context.store, generation.account);
  const proof = { key: shard.keys.tasks(generation.account), field: taskKey, is: generation.id };
  const facts = { ...about(generation), task: taskKey };
  try {
    for (;;) {
      const kept = await context.replicas.has(shard, proof);
      if (kept === 'yes') break;
      if (kept === 'missing') {
        context.log.warn(facts, 'a fail-over of Redis lost that it was accepted: written again');
        await afterLate(context, answer, await learnLate(context, answer));
      }
      await rest(LOOK_AGAIN_MS, undefined, { signal: context.stopping });
    }
    answers.delete(generation.id);
  } catch (error) {
    if (!context.stopping.aborted) context.log.error({ ...facts, err: error }, 'a task id could not be written again');
  }
}

async function writeOnce(context: WorkerContext, answer: AcceptedAnswer): Promise<Written> {
  const { desk, generation, by, taskKey, answeredAt, done: finished } = answer;
  const to = finished === undefined ? 'rendering' : 'downloading';
  const result = await transition(context.store, generation, {
    from: ['submitting'],
    to,
    by,
    seq: generation.seq,
    patch: { ...patchOf(context, answer), ...(finished === undefined ? {} : { assets: finished.assets }) },
    taskKey,
    slotUntil: answeredAt + desk.settings.pace.deadlineMs,
  });
  if (result.outcome === 'won' || result.outcome === 'mine') return { to, seq: result.seq };
  return { learned: await learnLate(context, answer) };
}

function learnLate(context: WorkerContext, answer: AcceptedAnswer): Promise<LearnResult> {
  const { desk, generation, by, task, taskKey } = answer;
  return learn(context.store, generation, {
    round: generation.round,
    task,
    taskKey,
    by: `${by}.late`,
    patch: patchOf(context, answer),
    note: 'the answer came late',
    slotUntil: Date.now() + desk.settings.pace.deadlineMs,
  });
}

function patchOf({ prices }: WorkerContext, answer: AcceptedAnswer): Patch {
  const { desk, generation, task, taskKey, answeredAt, done: finished } = answer;
  const billed = prices.bill(generation, 'acceptance');
  return {
    task,
    taskKey,
    attempts: generation.attempts + 1,
    submittedAt: answeredAt,
    deadlineAt: answeredAt + desk.settings.pace.deadlineMs,
    bill: billed ?? (finished === undefined ? undefined : prices.bill(generation, 'success', finished.reported)),
  };
}

/** What follows once the answer is in the ledger, where it was awaited. */
async function afterWritten(context: WorkerContext, answer: AcceptedAnswer, { to, seq }: Extract<Written, { seq: number }>): Promise<StepOutcome> {
  const { desk, generation, by, task } = answer;
  const inMs = to === 'rendering' ? await context.pacing.firstWait(generation, desk.settings.pace) : 0;
  await handOver(context.store, context.queues, [{ ...generation, task, state: to, seq }], inMs);
  context.at('submit:handed-over', generation.id);
  await learnFrom(context, answer, to === 'rendering' ? { seq, by } : null);
  return done(`accepted as ${answer.taskKey}`);
}

/** What follows from an answer that came late: others had judged its submit meanwhile, or a fail-over had lost it. */
async function afterLate(context: WorkerContext, answer: AcceptedAnswer, learned: LearnResult): Promise<StepOutcome> {
  const { desk, generation, by, task, taskKey } = answer;
  if (learned.outcome === 'adopted') {
    const inMs = await context.pacing.firstWait(generation, desk.settings.pace);
    await handOver(context.store, context.queues, [{ ...generation, task, state: 'rendering', seq: learned.seq }], inMs);
  } else {
    context.log.warn({ ...about(generation), task: taskKey, outcome: learned.outcome }, 'a paid task came late: kept beside the generation');
  }
  await learnFrom(context, answer, learned.outcome === 'adopted' ? { seq: learned.seq, by: `${by}.late` } : null);
  return done(`late answer ${taskKey}: ${learned.outcome}`);
}

/**
 * What the account has learned by it, and what came for the generation in the meantime: a callback's hint, a wish to cancel. `polled`: its poll is
 * handed over, so that a hint that comes from here on promotes it; null: it has none.
 */
async function learnFrom(context: WorkerContext, answer: AcceptedAnswer, polled: { seq: number; by: string } | null): Promise<void> {
  const { desk, generation, intentAt } = answer;
  const came = await learnAccepted(context.store, generation, {
    configured: desk.account.maxInFlight,
    sentAt: intentAt,
    took: addressedModel(desk, generation),
  });
  if (polled === null) return;
  // One that came before had nothing to promote.
  if (came.hinted) await promotePoll(context.queues, { ...generation, seq: polled.seq });
  if (came.cancelRequested) await cancelAccepted(context, generation, polled.by, polled.seq);
}
