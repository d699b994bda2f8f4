/**
 * Brings an accepted submit into the ledger; its task id is never dropped. Where another worker has judged the submit meanwhile, `learn` takes the
 * task. Where Redis refuses the write (its memory is full), it is repeated until Redis takes it. What Redis has not taken by the deadline of a stop
 * goes into a rescue file, which the next start replays (rescue.ts). With REDIS_REPLICAS the answer is kept in memory until the replicas have it too,
 * and is written again where a fail-over has lost it.
 */
import { setTimeout as rest } from 'node:timers/promises';
import type { Succeeded, Task } from '@dailies/providers';
import { about, type LearnResult, type Patch, handOver, hasMoved, learn, learnAccepted, promotePoll, shardOf, transition } from '@dailies/queue';
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

/** `recorded`: called when the ledger has the answer, before the poll is handed over. */
export async function recordAccepted(
  context: WorkerContext,
  answers: AcceptedAnswers,
  answer: AcceptedAnswer,
  recorded: () => void,
): Promise<StepOutcome> {
  const { generation, taskKey } = answer;
  answers.set(generation.id, answer);
  // If this throws, the answer stays in `answers`: the stop writes it into a rescue file.
  const written = await untilTaken(context, { ...about(generation), task: taskKey }, () => writeOnce(context, answer));
  if (context.config.redisReplicas > 0) void keepUntilReplicated(context, answers, answer);
  else answers.delete(generation.id);
  recorded();
  context.at('submit:recorded', generation.id);
  return 'learned' in written ? afterLate(context, answer, written.learned) : afterWritten(context, answer, written);
}

type Written = { to: 'rendering' | 'downloading'; seq: number } | { learned: LearnResult };

const LOOK_AGAIN_MS = 500;

/** Keeps the answer until the replicas have it, or until the worker stops: then it goes into a rescue file. */
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
  const { upstream, generation, by, taskKey, answeredAt, done: finished } = answer;
  const to = finished === undefined ? 'rendering' : 'downloading';
  const result = await transition(context.store, generation, {
    from: ['submitting'],
    to,
    by,
    seq: generation.seq,
    patch: { ...patchOf(context, answer), ...(finished === undefined ? {} : { assets: finished.assets }) },
    taskKey,
    slotUntil: answeredAt + upstream.settings.pace.deadlineMs,
  });
  if (hasMoved(result)) return { to, seq: result.seq };
  return { learned: await learnLate(context, answer) };
}

function learnLate(context: WorkerContext, answer: AcceptedAnswer): Promise<LearnResult> {
  const { upstream, generation, by, task, taskKey } = answer;
  return learn(context.store, generation, {
    round: generation.round,
    task,
    taskKey,
    by: `${by}.late`,
    patch: patchOf(context, answer),
    note: 'the answer came late',
    slotUntil: Date.now() + upstream.settings.pace.deadlineMs,
  });
}

function patchOf({ prices }: WorkerContext, answer: AcceptedAnswer): Patch {
  const { upstream, generation, task, taskKey, answeredAt, done: finished } = answer;
  const billed = prices.bill(generation, 'acceptance');
  return {
    task,
    taskKey,
    attempts: generation.attempts + 1,
    submittedAt: answeredAt,
    deadlineAt: answeredAt + upstream.settings.pace.deadlineMs,
    bill: billed ?? (finished === undefined ? undefined : prices.bill(generation, 'success', finished.reported)),
  };
}

/** The usual case, in which the generation was still in `submitting`: hands over the poll, or the download where the upstream finished at once. */
async function afterWritten(context: WorkerContext, answer: AcceptedAnswer, { to, seq }: Extract<Written, { seq: number }>): Promise<StepOutcome> {
  const { generation, by } = answer;
  await handOverAnswered(context, answer, { state: to, seq });
  context.at('submit:handed-over', generation.id);
  await learnFrom(context, answer, to === 'rendering' ? { seq, by } : null);
  return done(`accepted as ${answer.taskKey}`);
}

const LATE_WORDS = { known: 'the generation has it already', stray: 'kept beside the generation', gone: 'the generation is not in the ledger' } as const;

/** The late case, in which the generation was elsewhere: another worker had judged its submit meanwhile, or a fail-over had lost the answer. */
async function afterLate(context: WorkerContext, answer: AcceptedAnswer, learned: LearnResult): Promise<StepOutcome> {
  const { generation, by, taskKey } = answer;
  if (learned.outcome === 'adopted') {
    await handOverAnswered(context, answer, { state: 'rendering', seq: learned.seq });
  } else {
    const became = LATE_WORDS[learned.outcome];
    context.log.warn({ ...about(generation), task: taskKey, outcome: learned.outcome }, `a paid task came late: ${became}`);
  }
  await learnFrom(context, answer, learned.outcome === 'adopted' ? { seq: learned.seq, by: `${by}.late` } : null);
  return done(`late answer ${taskKey}: ${learned.outcome}`);
}

/** Until Redis takes it, too: the job of a submit is not delivered again while nothing is queued. */
function handOverAnswered(context: WorkerContext, answer: AcceptedAnswer, next: { state: 'rendering' | 'downloading'; seq: number }): Promise<void> {
  const { upstream, generation, task, taskKey } = answer;
  return untilTaken(context, { ...about(generation), task: taskKey }, async () => {
    const inMs = next.state === 'rendering' ? await context.pacing.firstWait(generation, upstream.settings.pace) : 0;
    await handOver(context.store, context.queues, [{ ...generation, task, ...next }], inMs);
  });
}

/**
 * Writes down what the acceptance tells of the account, and does what came for the generation during the submit: a callback's hint, a person's wish
 * to cancel. `polled`: the poll that was handed over before, so that a hint that comes from here on promotes it; null: there is none.
 */
async function learnFrom(context: WorkerContext, answer: AcceptedAnswer, polled: { seq: number; by: string } | null): Promise<void> {
  const { upstream, generation, intentAt } = answer;
  const came = await learnAccepted(context.store, generation, {
    configured: upstream.account.maxInFlight,
    sentAt: intentAt,
    took: addressedModel(upstream, generation),
  });
  if (polled === null) return;
  // A hint that came before the poll was handed over has found nothing to promote.
  if (came.hinted) await promotePoll(context.queues, { ...generation, seq: polled.seq });
  if (came.cancelRequested) await cancelAccepted(context, generation, polled.by, polled.seq);
}
