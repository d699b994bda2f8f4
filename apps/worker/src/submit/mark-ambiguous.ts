/**
 * A paid request whose outcome nobody knows. It is never sent again blindly: where the upstream has a look-up, settling goes on in the poll
 * queue; else it is `unresolved` at once, keeps its slot, and a person decides.
 */
import { PROVIDERS } from '@dailies/providers';
import { about, type Ambiguity, type Generation, handOver, hasMoved, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { untilTaken } from './until-taken.ts';

export async function markAmbiguous(context: WorkerContext, generation: Generation, by: string, ambiguity: Ambiguity): Promise<void> {
  const { store, queues, log, config } = context;
  const patch = { ambiguity, attempts: generation.attempts + 1 };
  // If it was accepted, the upstream counts it for as long as a task may take.
  const slotUntil = ambiguity.sentAt + config.providers[generation.provider].pace.deadlineMs;
  const note = ambiguity.why;
  const marked = await transition(store, generation, { from: ['submitting'], to: 'ambiguous', by, seq: generation.seq, patch, note, slotUntil });
  if (!hasMoved(marked)) return;
  context.at('submit:doubtful', generation.id);
  const facts = { ...about(generation), clientId: generation.clientId, ...ambiguity };
  const isLookedUp = PROVIDERS[generation.provider].find !== undefined;
  // Until Redis takes it: nobody but the sweep comes back to what is not in `submitting` any more.
  await untilTaken(context, facts, async () => {
    if (isLookedUp) await handOver(store, queues, [{ ...generation, state: 'ambiguous', seq: marked.seq }], config.settleAfterMs / 2);
    else await transition(store, generation, { from: ['ambiguous'], to: 'unresolved', by, seq: marked.seq, note: 'no look-up there: a person decides' });
  });
  if (isLookedUp) log.warn(facts, 'ambiguous: it will be looked up');
  else log.error(facts, 'unresolved: nobody knows whether this submit was accepted');
}
