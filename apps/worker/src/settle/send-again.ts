/**
 * Queues a generation again whose submit was proved never to have been accepted: in the same round, under the same client id, and without having used
 * an attempt. The looks that callbacks have brought on are forgotten: should one name a task after all, the upstream is asked about it before the
 * generation is sent, which would pay twice. What its file has dropped is held instead (the ledger's apply-script.ts), and what a person has asked to cancel
 * is canceled (its transition-script.ts).
 */
import { about, handOver, hasMoved, type Patch, readForWork, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, done } from '../steps/step-outcome.ts';

const NOTE = 'looked up: it was never accepted; queued again';

export async function sendAgain(context: WorkerContext, { generation, by }: Assignment): Promise<StepOutcome> {
  const { store, queues, log } = context;
  const { attempts, absences = 0, ambiguity } = generation;
  // After a restored backup most was never sent, however often that is looked up: it counts for nothing.
  const isAfterRestore = ambiguity?.until !== undefined;
  const patch: Patch = {
    attempts: Math.max(0, attempts - 1),
    absences: absences + (isAfterRestore ? 0 : 1),
    absentUntil: ambiguity?.until ?? null,
    // Nothing of it was sent in the lost time, so nothing from then can run beside what is sent from here on.
    restored: null,
    ambiguity: null,
    quick: null,
    badLooks: null,
  };
  // With a new turn, not in its old place: a request that breaks the upstream each time would come before all others, and be the only one that the
  // breaker lets through. But what a restored backup calls queued keeps its place: thousands of those must keep the order of their batch.
  const again = !isAfterRestore;
  const result = await transition(store, generation, { from: ['ambiguous'], to: 'queued', by, seq: generation.seq, patch, note: NOTE, again });
  if (result.outcome === 'canceled') return done('canceled');
  if (!hasMoved(result)) return done('stale');
  context.at('settle:requeued', generation.id);
  // As it is now: its turn may be a new one.
  const now = await readForWork(store, generation.id);
  if (now !== null && !result.isHeld) await handOver(store, queues, [now]);
  log.info({ ...about(generation), isHeld: result.isHeld }, 'settled: absent');
  return done(NOTE);
}
