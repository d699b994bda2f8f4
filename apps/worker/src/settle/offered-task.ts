/**
 * An offer: the task id that a callback has named for a submit whose outcome nobody knows. The task is ours only when the upstream itself shows our
 * client id or nonce on it: whoever knows the callback's address could have named any task. Null: none was named, or it cannot be shown to be ours.
 * `missing`: the upstream does not know the task, or not yet. `unanswered`: it did not say. In these two cases the offer stays open, and the caller
 * decides how often it is asked about again.
 */
import { type Found, ProviderError } from '@dailies/providers';
import { type Generation, MOST_QUICK_POLLS, note } from '@dailies/queue';
import { type Upstream, type WorkerContext, access } from '../context.ts';

type Offered = Found | null | 'missing' | 'unanswered';

/** `isDue`: this look was to come anyway. A look that only a callback has brought on may ask a few times in all, since anybody could call. */
export async function offeredTask(context: WorkerContext, upstream: Upstream, generation: Generation, isDue: boolean): Promise<Offered> {
  const { offer, offerSeen, quick = 0 } = generation;
  if (offer === undefined || upstream.provider.recognise === undefined) return null;
  if (quick >= MOST_QUICK_POLLS && !isDue) return offer === offerSeen ? null : 'unanswered';
  const found = await recognised(context, upstream, generation, offer);
  if (!isOpen(found)) await note(context.store, generation, { quick: quick + 1, ...(found === null ? { offerSeen: offer } : {}) });
  return found;
}

/** Whether the upstream has not said yet whose the task is. */
export function isOpen(found: Offered): found is 'missing' | 'unanswered' {
  return found === 'missing' || found === 'unanswered';
}

async function recognised(context: WorkerContext, upstream: Upstream, generation: Generation, offer: string): Promise<Offered> {
  const { clientId = '', nonce = '' } = generation;
  const { provider } = upstream;
  try {
    const task = provider.taskFrom(offer, generation.request, generation.endpointPath);
    const by = await provider.recognise?.(task, { access: access(upstream), http: context.http, signal: context.stopping, clientId, nonce });
    if (by === 'missing') return by;
    return by === null || by === undefined ? null : { task, by };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.kind === 'rejected' ? null : 'unanswered';
  }
}
