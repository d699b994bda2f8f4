/**
 * A task that nobody waits for any more: its deadline has passed, or its generation was canceled. It is looked at in a trickle and never forgotten
 * while an upstream may still have a result of it.
 */
import { about, type Generation, type GenerationFailure, endTask, note, pollsPausedFor, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, done, wait } from '../steps/step-outcome.ts';
import { RESULTS_KEPT_MS, slowPoll } from './slow-poll.ts';
import { upstreamFailed } from './upstream-end.ts';

const EXPIRED: GenerationFailure = { kind: 'expired', message: 'not ready in 30 days, after which upstreams delete results', retryable: false };

/** How such a task goes on after a look that has not ended it; null: somebody still waits for this task, and it is polled at the usual pace. */
export async function slowTask(context: WorkerContext, assignment: Assignment): Promise<StepOutcome | null> {
  const { upstream, generation, by } = assignment;
  const { pace } = upstream.settings;
  if (generation.state === 'overdue' && Date.now() - (generation.submittedAt ?? Date.now()) > RESULTS_KEPT_MS) {
    return upstreamFailed(context, assignment, EXPIRED);
  }
  const late = await pastDeadline(context, generation, pace.deadlineMs);
  if (generation.state === 'canceled') {
    if (!late) return wait(slowPoll(pace), 'canceled: polled until its slot is free');
    await endTask(context.store, generation);
    return done('canceled, and its deadline has passed');
  }
  if (generation.state === 'rendering' && late) {
    context.log.warn({ ...about(generation) }, 'overdue: the deadline has passed, the task is kept');
    const said = 'the deadline has passed; its task is kept and looked at now and then';
    await transition(context.store, generation, { from: ['rendering'], to: 'overdue', by, seq: generation.seq, note: said });
    return wait(slowPoll(pace), 'overdue');
  }
  return generation.state === 'overdue' ? wait(slowPoll(pace), 'pending') : null;
}

/** Time during which the account's polls were paused does not count. */
async function pastDeadline({ store }: WorkerContext, generation: Generation, deadlineMs: number): Promise<boolean> {
  const { deadlineAt, pausedBase } = generation;
  if (deadlineAt === undefined) {
    // A retry has taken the deadline away: it counts anew from here. Pauses of polls before now do not put it off.
    await note(store, generation, { deadlineAt: Date.now() + deadlineMs, pausedBase: await pollsPausedFor(store, generation) });
    return false;
  }
  if (Date.now() < deadlineAt) return false;
  return Date.now() >= deadlineAt + (await pollsPausedFor(store, generation)) - pausedBase;
}
