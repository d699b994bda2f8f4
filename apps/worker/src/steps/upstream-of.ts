/**
 * Work stays with its own: a generation carries its account's name and origin, and only a worker configured for exactly that takes it.
 * Anything else is held in the ledger, without a job, until such a worker starts.
 */
import { about, type Generation, hold } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';

export async function upstreamOf(context: WorkerContext, generation: Generation): Promise<Upstream | null> {
  const upstream = upstreamHere(context, generation);
  if (upstream === null) await holdForItsOwn(context, generation);
  return upstream;
}

/** The upstream, or null, without holding the generation: for a step that can do something without one too. */
export function upstreamHere(context: WorkerContext, { provider, account }: Generation): Upstream | null {
  const settings = context.config.providers[provider];
  return settings.account?.id === account ? { provider: context.providers[provider], settings, account: settings.account } : null;
}

export async function holdForItsOwn({ store, log }: WorkerContext, generation: Generation): Promise<void> {
  await hold(store, generation, 'origin');
  log.warn({ ...about(generation), account: generation.account }, 'held: this worker is not configured for its account');
}
