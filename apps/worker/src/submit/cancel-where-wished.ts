/** Somebody asked to cancel while the outcome was not known. It was accepted, so it will be billed; its task is kept and polled on. */
import { type Generation, readForWork, transition } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

export async function cancelWhereWished(context: WorkerContext, generation: Generation, by: string, seq: number): Promise<void> {
  const found = await readForWork(context.store, generation.id);
  if (found?.cancelRequested !== true) return;
  await transition(context.store, generation, {
    from: ['rendering'],
    to: 'canceled',
    by,
    seq,
    keepsTask: true,
    patch: { cancelRequested: null, finishedAt: Date.now() },
    note: 'canceled: it was accepted meanwhile and will be billed',
  });
}
