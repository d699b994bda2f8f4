/**
 * How the job of a delivery ends that finds nothing to do, since its generation has moved on or has ended. A worker that is killed after it has failed
 * a generation, and before the job has ended, leaves the job to be delivered once more: then the job ends as failed too, as people see it in Bull Board.
 * Nothing is ever started again from here.
 */
import type { Generation } from '@dailies/queue';
import type { Delivery } from '../context.ts';
import { type StepOutcome, done, failed } from './step-outcome.ts';

export function stale(generation: Generation | null, { seq }: Delivery): StepOutcome {
  if (generation?.state !== 'failed' || generation.seq !== seq) return done('stale');
  return failed(generation.failure?.message ?? 'failed');
}
