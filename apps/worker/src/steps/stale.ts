/**
 * A delivery that finds nothing to do: its generation is elsewhere by now, or has ended. Killed between that end and the end of its job it is
 * delivered once more, and ends as the generation did: what has failed is seen as failed in the list of jobs too. It never starts anything again.
 */
import type { Generation } from '@dailies/queue';
import type { Delivery } from '../context.ts';
import { type StepOutcome, done, failed } from './step-outcome.ts';

export function stale(generation: Generation | null, { seq }: Delivery): StepOutcome {
  if (generation?.state !== 'failed' || generation.seq !== seq) return done('stale');
  return failed(generation.failure?.message ?? 'failed');
}
