/**
 * A paid request whose outcome nobody knows. It is never sent again by itself: without an automatic look-up (which comes later) it goes on
 * to `unresolved`, keeps its slot, and a person decides.
 */
import { type Ambiguity, type Generation, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

export async function markAmbiguous(context: WorkerContext, generation: Generation, by: string, ambiguity: Ambiguity): Promise<void> {
  const { store, log } = context;
  const patch = { ambiguity, attempts: generation.attempts + 1 };
  const marked = await transition(store, generation, { from: ['submitting'], to: 'ambiguous', by, seq: generation.seq, patch, note: ambiguity.why });
  if (marked.outcome !== 'won' && marked.outcome !== 'mine') return;
  log.error({ generation: generation.id, provider: generation.provider, clientId: generation.clientId, ...ambiguity }, 'unresolved: nobody knows whether this submit was accepted');
  await transition(store, generation, { from: ['ambiguous'], to: 'unresolved', by, seq: marked.seq, note: 'a person decides: `dailies resolve`' });
}
