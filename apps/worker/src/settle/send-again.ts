/**
 * A submit that was proved to have never been accepted: queued again, in the same round and under the same client id, without having cost an attempt.
 * A task that a callback names from here on is asked about, however many looks were used up: sent again, it would be paid for twice.
 */
import { about, handOverAsItIs, type Patch, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';
import { cancelUnpaid } from '../submit/cancel-wish.ts';

const NOTE = 'looked up: it was never accepted; sent again';

export async function sendAgain(context: WorkerContext, { generation, by }: Assignment): Promise<StepOutcome> {
  const { store, queues, log } = context;
  const { attempts, absences = 0, ambiguity } = generation;
  const patch: Patch = {
    attempts: Math.max(0, attempts - 1),
    absences: absences + 1,
    absentUntil: ambiguity?.until ?? null,
    ambiguity: null,
    quick: null,
  };
  // Not in its old place: one that breaks the upstream each time would come before everybody else, and be all that an open breaker lets through.
  // But what a restored backup calls queued was queued: thousands of those keep the order of their batch.
  const again = ambiguity?.until === undefined;
  const result = await transition(store, generation, { from: ['ambiguous'], to: 'queued', by, seq: generation.seq, patch, note: NOTE, again });
  if (result.outcome !== 'won' && result.outcome !== 'mine') return done('stale');
  context.at('settle:requeued', generation.id);
  if (generation.cancelRequested === true) return cancelUnpaid(context, { ...generation, seq: result.seq }, by, 'queued');
  await handOverAsItIs({ store, queues }, generation.id);
  log.info({ ...about(generation) }, 'settled: absent');
  return done(NOTE);
}
