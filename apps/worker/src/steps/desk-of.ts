/**
 * Work stays with its own: a generation carries its account's name and origin, and only a worker configured for exactly that takes it.
 * Anything else is held in the ledger, without a job, until such a worker starts.
 */
import { about, type Generation, hold } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';

export async function deskOf(context: WorkerContext, generation: Generation): Promise<Desk | null> {
  const desk = deskHere(context, generation);
  if (desk === null) await holdForItsOwn(context, generation);
  return desk;
}

/** The desk, or null, without holding the generation: for a step that can do something without a desk too. */
export function deskHere(context: WorkerContext, { provider, account }: Generation): Desk | null {
  const settings = context.config.providers[provider];
  return settings.account?.id === account ? { provider: context.providers[provider], settings, account: settings.account } : null;
}

export async function holdForItsOwn({ store, log }: WorkerContext, generation: Generation): Promise<void> {
  await hold(store, generation, 'origin');
  log.warn({ ...about(generation), account: generation.account }, 'held: this worker is not configured for its account');
}
