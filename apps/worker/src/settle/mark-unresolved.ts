/** Nobody knows whether a submit was accepted, and no look-up will tell any more: a person decides. It is not sent again by itself. */
import { about, transition } from '@dailies/queue';
import type { Assignment, WorkerContext } from '../context.ts';
import { type StepOutcome, failed } from '../steps/step-outcome.ts';

export async function markUnresolved({ store, log }: WorkerContext, { generation, by }: Assignment, why: string): Promise<StepOutcome> {
  // A callback may have named a task that the upstream has not answered for, or may name one during this look: the watch over offers goes on asking
  // about it, for a day. That watch is told before the change of state: should this process stop in between, nobody else would tell it.
  await store.redis.sadd(store.keys.offered, generation.id);
  await transition(store, generation, {
    from: ['ambiguous'],
    to: 'unresolved',
    by,
    seq: generation.seq,
    patch: { quick: null, badLooks: null },
    note: `${why}: a person decides`,
  });
  const { clientId, ambiguity } = generation;
  log.error({ ...about(generation), clientId, ...ambiguity }, 'unresolved: nobody knows whether this submit was accepted');
  return failed(`nobody knows whether it was accepted: ${ambiguity?.why ?? why}`);
}
