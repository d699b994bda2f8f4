/**
 * The task id that a callback has named for a submit whose outcome nobody knows. It is ours only when the upstream itself shows our mark on it:
 * whoever knows the address could have named any task. Null: none was named, or it cannot be shown to be ours. `missing`: the upstream does not know
 * it, or not yet. `unanswered`: it did not say. The offer stands then; how often it is asked again is its caller's word.
 */
import { type Found, ProviderError } from '@dailies/providers';
import { type Generation, MOST_QUICK_POLLS, note } from '@dailies/queue';
import { type Desk, type WorkerContext, access } from '../context.ts';

type Offered = Found | null | 'missing' | 'unanswered';

/** `isDue`: it is asked about at a time of its own. What only a callback has brought on may ask a few times, whoever calls. */
export async function offeredTask(context: WorkerContext, desk: Desk, generation: Generation, isDue: boolean): Promise<Offered> {
  const { offer, offerSeen, quick = 0 } = generation;
  if (offer === undefined || desk.provider.recognise === undefined) return null;
  if (quick >= MOST_QUICK_POLLS && !isDue) return offer === offerSeen ? null : 'unanswered';
  const found = await recognised(context, desk, generation, offer);
  if (!isOpen(found)) await note(context.store, generation, { quick: quick + 1, ...(found === null ? { offerSeen: offer } : {}) });
  return found;
}

/** Nobody has said that it is not ours. */
export function isOpen(found: Offered): found is 'missing' | 'unanswered' {
  return found === 'missing' || found === 'unanswered';
}

async function recognised(context: WorkerContext, desk: Desk, generation: Generation, offer: string): Promise<Offered> {
  const { clientId = '', nonce = '' } = generation;
  const { provider } = desk;
  try {
    const task = provider.taskFrom(offer, generation.request, generation.endpointPath);
    const by = await provider.recognise?.(task, { access: access(desk), http: context.http, signal: context.stopping, clientId, nonce });
    if (by === 'missing') return by;
    return by === null || by === undefined ? null : { task, by };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.kind === 'rejected' ? null : 'unanswered';
  }
}
