/**
 * The task id that a callback has named for a submit whose outcome nobody knows. It is ours only when the upstream itself shows our mark on it:
 * whoever knows the address could have named any task. Null: none was named, or it cannot be shown to be ours. `unanswered`: the upstream did
 * not say, so the offer stands; how often it is asked again is its caller's word.
 */
import { type Found, ProviderError } from '@dailies/providers';
import { type Generation, MOST_QUICK_POLLS, note } from '@dailies/queue';
import { type Desk, type WorkerContext, access } from '../context.ts';

export async function offeredTask(context: WorkerContext, desk: Desk, generation: Generation): Promise<Found | null | 'unanswered'> {
  const { offer, quick = 0 } = generation;
  if (offer === undefined || desk.provider.recognise === undefined || quick >= MOST_QUICK_POLLS) return null;
  const found = await recognised(context, desk, generation, offer);
  if (found !== 'unanswered') await note(context.store, generation, { quick: quick + 1 });
  return found;
}

async function recognised(context: WorkerContext, desk: Desk, generation: Generation, offer: string): Promise<Found | null | 'unanswered'> {
  const { clientId = '', nonce = '' } = generation;
  const { provider } = desk;
  try {
    const task = provider.taskFrom(offer, generation.request, generation.endpointPath);
    const by = await provider.recognise?.(task, { access: access(desk), http: context.http, signal: context.stopping, clientId, nonce });
    return by === null || by === undefined ? null : { task, by };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.kind === 'rejected' ? null : 'unanswered';
  }
}
