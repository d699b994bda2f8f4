/**
 * How the job of a delivery ends that finds nothing to do, since its generation has moved on or has ended. A worker that is killed after it has failed
 * a generation, and before the job has ended, leaves the job to be delivered once more: then the job ends as failed too, as people see it in Bull Board.
 * Nothing that has ended is ever started again from here.
 */
import { type Generation, handOver } from '@dailies/queue';
import type { Delivery, WorkerContext } from '../context.ts';
import { waitBeforeAgain } from '../poll/submit-again.ts';
import { type StepOutcome, done, failed } from './step-outcome.ts';

type Parts = Pick<WorkerContext, 'config' | 'store' | 'queues'>;

export async function stale(context: Parts, generation: Generation | null, { seq }: Delivery): Promise<StepOutcome> {
  if (generation?.state === 'failed' && generation.seq === seq) return failed(generation.failure?.message ?? 'failed');
  // Whoever moved it on may have died, or been refused by Redis, before it added the job that comes next. To add it twice is harmless.
  if (generation !== null && generation.seq !== seq && generation.held === undefined) await handOverWithItsWait(context, generation);
  return done('stale');
}

/** The upstream that failed it unbilled gets the time that it would have had. A poll finds its first wait by itself. */
function handOverWithItsWait(context: Parts, generation: Generation): Promise<void> {
  const waitMs = generation.state === 'queued' ? waitBeforeAgain(context, generation) : 0;
  return handOver(context.store, context.queues, [generation], waitMs);
}
