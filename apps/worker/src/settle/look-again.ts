/**
 * What follows from a look-up that got no answer: a further one, since it says nothing of the submit. A look-up that stays broken must reach a person.
 * But only looks that were made count, however old the submit is: a machine that wakes after hours may have no network for long, and while polls are
 * paused, or no worker runs, nothing is looked up.
 */
import { note } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, wait } from '../steps/step-outcome.ts';
import type { LookTimes } from './look-times.ts';
import type { Unanswered } from './look-up.ts';

/** Looks that must have failed before a person is asked: those of an hour and a half with the default settings. */
const MOST_FAILED = 90;
/** A look that is followed by a longer wait, since the upstream asks for it, counts for those that it replaces, up to this many: six must have been made. */
const MOST_REPLACED = MOST_FAILED / 6;

/** Null: look-ups have failed for too long. */
export async function lookAgain(
  { store }: WorkerContext,
  { generation }: Pick<Assignment, 'generation'>,
  { unanswered: how, retryAfterMs = 0 }: Unanswered,
  { untilNext, againMs }: LookTimes,
): Promise<StepOutcome | null> {
  if (how === 'stopped') return wait(0, 'the worker stops');
  if (how === 'turned away') return wait(againMs, 'the upstream turns the account away: it is paused');
  const replaced = Math.min(Math.floor(retryAfterMs / againMs), MOST_REPLACED);
  const badLooks = (generation.badLooks ?? 0) + Math.max(1, replaced);
  await note(store, generation, { badLooks });
  if (untilNext === undefined && badLooks >= MOST_FAILED) return null;
  return wait(Math.max(untilNext ?? againMs, retryAfterMs), 'looked: failed');
}
