/**
 * What follows from a look that was answered: another look, or the end that the upstream itself has told. `missing` and `doubtful` are no end before
 * their grace has passed: an upstream may be slow to know its own task.
 */
import type { Failure, Progress } from '@dailies/providers';
import { type Patch, note } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, wait } from '../steps/step-outcome.ts';
import { blindSince } from './bad-look.ts';
import { slowTask } from './slow-task.ts';
import { upstreamFailed, upstreamSucceeded } from './upstream-end.ts';

const MISSING: Failure = { kind: 'missing', message: 'the upstream does not know this task (any more)', retryable: true };

export async function afterLook(context: WorkerContext, assignment: Assignment, progress: Progress): Promise<StepOutcome> {
  switch (progress.state) {
    case 'pending':
      return lookAgain(context, assignment, {
        phase: progress.phase,
        ...(progress.percent === undefined ? {} : { percent: progress.percent }),
        missingSince: null,
        doubtfulSince: null,
        ...(assignment.generation.blindSince === undefined ? {} : { blindSince: null }),
      });
    case 'succeeded':
      return upstreamSucceeded(context, assignment, progress);
    case 'failed':
      return upstreamFailed(context, assignment, progress.failure);
    case 'missing':
      return afterGrace(context, assignment, 'missingSince', MISSING);
    case 'doubtful':
      return afterGrace(context, assignment, 'doubtfulSince', progress.failure);
  }
}

async function afterGrace(
  context: WorkerContext,
  assignment: Assignment,
  since: 'missingSince' | 'doubtfulSince',
  failure: Failure,
): Promise<StepOutcome> {
  const { upstream, generation } = assignment;
  const first = generation[since] ?? Date.now();
  if (Date.now() - first >= upstream.settings.pace.missingGraceMs) return upstreamFailed(context, assignment, failure);
  return lookAgain(context, assignment, { [since]: first, blindSince: blindSince(generation) });
}

/** Not done yet: notes what was seen, and answers when to look again. */
async function lookAgain(context: WorkerContext, assignment: Assignment, seen: Patch): Promise<StepOutcome> {
  const { upstream, generation } = assignment;
  const { pace } = upstream.settings;
  const polls = generation.polls + 1;
  const answered = generation.badLooks === undefined ? {} : { badLooks: null };
  await note(context.store, generation, { ...seen, ...answered, polls, lastPolledAt: Date.now() });
  context.at('poll:noted', generation.id);
  const slow = await slowTask(context, assignment);
  if (slow !== null) return slow;
  const usualMs = await context.pacing.nextWait(generation, pace, polls);
  return { ...wait(context.callbacks.wait(generation, usualMs), 'pending'), notBeforeMs: pace.minMs };
}
