/**
 * The task id that a callback has named for a submit whose outcome nobody knows. It is ours only when the upstream itself shows our mark on it:
 * whoever knows the address could have named any task. Null: none was named, or it cannot be shown to be ours.
 */
import { type Found, ProviderError, type Task } from '@dailies/providers';
import { type Generation, MOST_QUICK_POLLS, note } from '@dailies/queue';
import { type Desk, type WorkerContext, access } from '../context.ts';

export async function offeredTask(context: WorkerContext, desk: Desk, generation: Generation): Promise<Found | null> {
  const { offer, clientId = '', nonce = '', quick = 0 } = generation;
  const { provider } = desk;
  if (offer === undefined || provider.recognise === undefined || quick >= MOST_QUICK_POLLS) return null;
  await note(context.store, generation, { quick: quick + 1 });
  try {
    const task: Task = provider.taskFrom(offer, generation.request);
    const by = await provider.recognise(task, { access: access(desk), http: context.http, signal: context.stopping, clientId, nonce });
    return by === null ? null : { task, by };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return null;
  }
}
