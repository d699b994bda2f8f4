/**
 * Not accepted: back to the queue, in its old place (its turn is part of the ledger), without using an attempt.
 * Where somebody asked to cancel meanwhile, it is canceled instead: nothing was paid.
 */
import { type Generation, handOver, readGeneration, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

export async function putBack(context: WorkerContext, generation: Generation, by: string, note: string): Promise<StepOutcome> {
  const { store, queues } = context;
  const wish = await readGeneration(store, generation.id);
  if (wish?.cancelRequested === true) {
    const patch = { finishedAt: Date.now(), cancelRequested: null };
    await transition(store, generation, { from: ['submitting'], to: 'canceled', by, seq: generation.seq, patch, note: 'canceled: it was not accepted' });
    return done('canceled');
  }
  const result = await transition(store, generation, { from: ['submitting'], to: 'queued', by, seq: generation.seq, note });
  context.at('submit:put-back', generation.id);
  if (result.outcome === 'won' || result.outcome === 'mine') await handOver(store, queues, [{ ...generation, state: 'queued', seq: result.seq }]);
  return done(`put back: ${note}`);
}
