/**
 * The poll step: one free look at one task, once its time has come. What follows from the look stands in `poll/`. An ambiguous generation has no task
 * yet: it is settled instead (steps/settle.ts).
 */
import { ProviderError, type Progress } from '@dailies/providers';
import { type Generation, type State, readForWork } from '@dailies/queue';
import type { Assignment, Delivery, WorkerContext } from '../context.ts';
import { afterLook } from '../poll/after-look.ts';
import { badLook } from '../poll/bad-look.ts';
import { hastened, interruptible, isHinted, tooHasty } from '../poll/hint.ts';
import { slowPoll } from '../poll/slow-poll.ts';
import type { Questions } from '../questions/questions.ts';
import { cancelAccepted } from '../submit/cancel-wish.ts';
import { upstreamOf } from './upstream-of.ts';
import { settleStep } from './settle.ts';
import { stale } from './stale.ts';
import { type StepOutcome, done, wait } from './step-outcome.ts';

const POLLED: readonly State[] = ['ambiguous', 'rendering', 'overdue', 'canceled'];

export async function pollStep(context: WorkerContext, questions: Questions, delivery: Delivery): Promise<StepOutcome> {
  context.at('poll:fetched', delivery.id);
  const generation = await readForWork(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || !POLLED.includes(generation.state)) return stale(context, generation, delivery);
  const { state, task } = generation;
  if (state !== 'ambiguous' && (task === undefined || generation.taskEndedAt !== undefined)) return done('no task to poll');
  const upstream = await upstreamOf(context, generation);
  if (upstream === null) return done('held for a worker of its account');

  const assignment = { upstream, generation, by: `${generation.round}.${delivery.token}` };
  if (state === 'ambiguous' || task === undefined) return interruptible(context, generation, await settleStep(context, assignment));
  const { pace } = upstream.settings;
  // The worker that recorded the task died before it could carry out the wish to cancel, or the task came from a rescue file.
  const isToBeCanceled = state === 'rendering' && generation.cancelRequested === true;
  if (isToBeCanceled && (await cancelAccepted(context, generation, assignment.by, generation.seq))) {
    return wait(slowPoll(pace), 'canceled: polled until its slot is free');
  }
  const early = notYet(context, assignment);
  if (early !== null) return early;

  const outcome = await look(context, assignment, () => questions.ask(delivery, task, isHinted(generation)));
  if (outcome.kind !== 'wait') return outcome;
  const next = await hastened(context, generation, outcome);
  if (next.notBeforeMs !== undefined && next.ms >= next.notBeforeMs) questions.expect(delivery, task, next.ms, next.notBeforeMs);
  return next;
}

/** How long a poll that was delivered before its time waits; null: it may ask now. */
function notYet(context: WorkerContext, { upstream, generation }: Assignment): StepOutcome | null {
  const { pace } = upstream.settings;
  const first = untilFirst(generation, pace.firstPollMs);
  if (first > 0) return interruptible(context, generation, wait(first, 'the first wait that the upstream recommends'));
  const hasty = tooHasty(generation);
  if (hasty > 0) return wait(hasty, 'hints have brought on three polls; the usual pace goes on');
  const again = untilAgain(generation, pace.minMs);
  return again > 0 ? interruptible(context, generation, wait(again, 'the shortest pause between two polls')) : null;
}

/** Milliseconds until the first look may come, unless a callback has said that there is something to see. */
function untilFirst(generation: Generation, firstPollMs: number): number {
  if (generation.state !== 'rendering' || generation.polls > 0 || isHinted(generation)) return 0;
  return (generation.submittedAt ?? 0) + firstPollMs - Date.now();
}

/** Milliseconds until the next look may come. A poll that was called up to be asked together with others, or promoted by hand, may be too soon. */
function untilAgain(generation: Generation, minMs: number): number {
  if (generation.state !== 'rendering' || isHinted(generation) || (generation.quick ?? 0) > 0) return 0;
  // The last look may be by the clock of another worker. Should that be ahead of ours, the wait is one pause at most.
  return Math.min(minMs, (generation.lastPolledAt ?? 0) + minMs - Date.now());
}

async function look(context: WorkerContext, assignment: Assignment, ask: () => Promise<Progress>): Promise<StepOutcome> {
  try {
    const progress = await ask();
    context.at('poll:answered', assignment.generation.id);
    return await afterLook(context, assignment, progress);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return badLook(context, assignment, error);
  }
}
