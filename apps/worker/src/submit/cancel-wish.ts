/** What becomes of a person's wish to cancel that came during a submit, now that the outcome of the submit is known. */
import { flag, type Generation, readForWork, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

/**
 * The submit was accepted and will be billed: canceled, but the task is kept and polled until its slot is free. Where the person wanted to have collected
 * what renders, it goes on. Does nothing where nobody has asked. Answers whether it is canceled.
 */
export async function cancelAccepted(context: WorkerContext, generation: Generation, by: string, seq: number): Promise<boolean> {
  const found = await readForWork(context.store, generation.id);
  if (found?.cancelRequested !== true) return false;
  const { outcome } = await transition(context.store, generation, {
    from: ['rendering'],
    to: 'canceled',
    by,
    seq,
    keepsTask: true,
    patch: { cancelRequested: null, finishedAt: Date.now() },
    note: 'canceled: it was accepted meanwhile and will be billed',
  });
  if (outcome !== 'unwanted') return true;
  await flag(context.store, generation.id, ['rendering'], { cancelRequested: null });
  return false;
}

/** What a worker of an older version has put back: canceled before it is sent, and nothing is paid. */
export async function cancelUnpaid({ store }: WorkerContext, generation: Generation, by: string): Promise<StepOutcome> {
  await transition(store, generation, {
    from: ['queued'],
    to: 'canceled',
    by,
    seq: generation.seq,
    patch: { cancelRequested: null, unwanted: null, finishedAt: Date.now() },
    note: 'canceled: it was never accepted',
  });
  return done('canceled');
}
