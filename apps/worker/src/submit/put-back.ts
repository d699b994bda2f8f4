/**
 * Puts a generation whose submit is known not to have been accepted back into the queue, in its old place (its turn is kept in the ledger), without
 * using an attempt. It does so also where another worker has called the submit ambiguous meanwhile because this one was silent for too long: this one
 * knows better. Where a person has asked to cancel, the ledger cancels it instead: nothing was paid. Where its file has dropped it, it is held.
 */
import { type Generation, type Patch, type TransitionResult, handOver, hasMoved, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

export async function putBack(context: WorkerContext, generation: Generation, by: string, note: string): Promise<StepOutcome> {
  const { store, queues } = context;
  const result = await toQueue(context, generation, by, note);
  context.at('submit:put-back', generation.id);
  if (result.outcome === 'canceled') return done('canceled');
  if (!hasMoved(result)) return done('stale');
  if (result.isHeld) return done(`held: its file no longer has it: ${note}`);
  await handOver(store, queues, [{ ...generation, state: 'queued', seq: result.seq }]);
  return done(`put back: ${note}`);
}

async function toQueue({ store }: WorkerContext, generation: Generation, by: string, note: string): Promise<TransitionResult> {
  const own = await transition(store, generation, { from: ['submitting'], to: 'queued', by, seq: generation.seq, note });
  if (own.outcome !== 'lost') return own;
  // Whoever called this very submit ambiguous has made seq one higher. Had it been settled and sent again since, seq would be higher still, and this is lost.
  const seq = generation.seq + 1;
  const patch: Patch = { attempts: generation.attempts, ambiguity: null, badLooks: null };
  return transition(store, generation, { from: ['ambiguous', 'unresolved'], to: 'queued', by: `${by}.late`, seq, patch, note: `${note} (known late)` });
}
