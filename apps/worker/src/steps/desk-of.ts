/**
 * Work stays with its own: a generation carries its account's name and origin, and only a worker configured for exactly that takes it.
 * Anything else is held in the ledger, without a job, until such a worker starts.
 */
import { about, type Generation, hold } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';

export async function deskOf(context: WorkerContext, generation: Generation): Promise<Desk | null> {
  const settings = context.config.providers[generation.provider];
  if (settings.account?.id === generation.account) {
    return { provider: context.providers[generation.provider], settings, account: settings.account };
  }
  await hold(context.store, generation, 'origin');
  context.log.warn({ ...about(generation), account: generation.account }, 'held: this worker is not configured for its account');
  return null;
}
