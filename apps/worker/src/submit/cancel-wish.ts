/** Somebody asked to cancel while it was not known what would come of a submit; by now it is. */
import { type Generation, readForWork, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

/** It was accepted, so it will be billed; its task is kept and polled on. Does nothing where nobody has asked. */
export async function cancelAccepted(context: WorkerContext, generation: Generation, by: string, seq: number): Promise<void> {
  const found = await readForWork(context.store, generation.id);
  if (found?.cancelRequested !== true) return;
  await transition(context.store, generation, {
    from: ['rendering'],
    to: 'canceled',
    by,
    seq,
    keepsTask: true,
    patch: { cancelRequested: null, finishedAt: Date.now() },
    note: 'canceled: it was accepted meanwhile and will be billed',
  });
}

/** Nothing was paid, and nothing will be. */
export async function cancelUnpaid({ store }: WorkerContext, generation: Generation, by: string, from: 'queued' | 'submitting'): Promise<StepOutcome> {
  await transition(store, generation, {
    from: [from],
    to: 'canceled',
    by,
    seq: generation.seq,
    patch: { cancelRequested: null, finishedAt: Date.now() },
    note: 'canceled: it was never accepted',
  });
  return done('canceled');
}
