/**
 * Not accepted: back to the queue, in its old place (its turn is part of the ledger), without using an attempt. Also when somebody else
 * judged meanwhile that its owner had fallen silent: who sent it, or never did, knows better. Where somebody asked to cancel, it is canceled
 * instead: nothing was paid.
 */
import { type Generation, type TransitionResult, handOver, readForWork, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';
import { cancelUnpaid } from './cancel-wish.ts';

export async function putBack(context: WorkerContext, generation: Generation, by: string, note: string): Promise<StepOutcome> {
  const { store, queues } = context;
  const wish = await readForWork(store, generation.id);
  if (wish?.cancelRequested === true && wish.state === 'submitting') return cancelUnpaid(context, generation, by, 'submitting');
  const result = await toQueue(context, generation, by, note);
  context.at('submit:put-back', generation.id);
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  // Somebody may have asked to cancel it meanwhile: the submit step looks before it sends anything.
  await handOver(store, queues, [{ ...generation, state: 'queued', seq: result.seq }]);
  return done(`put back: ${note}`);
}

async function toQueue({ store }: WorkerContext, generation: Generation, by: string, note: string): Promise<TransitionResult> {
  const own = await transition(store, generation, { from: ['submitting'], to: 'queued', by, seq: generation.seq, note });
  if (own.outcome !== 'lost') return own;
  // Exactly the judgement of this very submit: had it been settled and sent again since, seq would have gone on.
  const seq = generation.seq + 1;
  const patch = { attempts: generation.attempts, ambiguity: null };
  return transition(store, generation, { from: ['ambiguous', 'unresolved'], to: 'queued', by: `${by}.late`, seq, patch, note: `${note} (known late)` });
}
