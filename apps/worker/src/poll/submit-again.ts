/**
 * A new round by itself: on nothing less than the upstream's own word that nothing runs and nothing is billed, and a few times at
 * most (docs/decisions/004). Nobody is told of a failure in between. What its file has dropped is held instead (the ledger's apply-script.ts).
 */
import { about, type Generation, type GenerationFailure, type Patch, handOver, hasMoved, newRound, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

/**
 * Not where nobody wants the video any more. Not after a restored backup: in the time that it has lost the generation may have been submitted again
 * already. And not with a task that a person gave: it may be mistyped, so that another's task has failed while the generation's own still runs.
 */
export function mayBeSentAgain({ config }: WorkerContext, { unwanted, restored, taskKey, givenTask, resubmits = 0 }: Generation): boolean {
  const isItsOwn = givenTask === undefined || givenTask !== taskKey;
  return unwanted !== true && restored !== true && isItsOwn && resubmits < config.resubmit.unbilled;
}

/** Null: a person has said meanwhile that nobody wants it, so it is not sent again. */
export async function submitAgain(context: WorkerContext, { generation, by }: Assignment, failure: GenerationFailure): Promise<StepOutcome | null> {
  const times = (generation.resubmits ?? 0) + 1;
  const delayMs = waitBeforeAgain(context, { resubmits: times });
  const note = `failed and not billed (${failure.message}): queued again, ${times} of ${context.config.resubmit.unbilled}`;
  const patch: Patch = { ...newRound(generation), resubmits: times };
  const result = await transition(context.store, generation, {
    from: ['rendering', 'overdue'],
    to: 'queued',
    by,
    seq: generation.seq,
    patch,
    note,
    endedUnbilled: true,
  });
  if (result.outcome === 'unwanted') return null;
  if (!hasMoved(result)) return done('stale');
  context.at('poll:resubmitted', generation.id);
  if (result.isHeld) return done(`failed and not billed (${failure.message}): held, since its file no longer has it`);
  await handOver(context.store, context.queues, [{ ...generation, state: 'queued', seq: result.seq }], delayMs);
  context.log.warn({ ...about(generation), code: failure.code, reason: failure.message, times, delayMs }, 'failed unbilled: submitted again');
  return done(note);
}

/** Milliseconds before what was queued again by itself is sent; 0: it was not. */
export function waitBeforeAgain({ config }: Pick<WorkerContext, 'config'>, { resubmits = 0 }: Pick<Generation, 'resubmits'>): number {
  return resubmits === 0 ? 0 : Math.round(config.resubmit.afterMs * 2 ** (resubmits - 1) * (0.75 + Math.random() / 2));
}
