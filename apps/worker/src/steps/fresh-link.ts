/**
 * A fresh link to a result. Upstreams sign links for a short time; polling the task again brings new ones, and costs nothing. Where nobody could be
 * asked, that says nothing about the video: it must never be taken for an upstream that has no link any more.
 */
import { ProviderError, type Asset } from '@dailies/providers';
import type { Generation } from '@dailies/queue';
import { type WorkerContext, access } from '../context.ts';
import { upstreamHere } from './upstream-of.ts';

type FreshLink =
  | { kind: 'given'; assets: Asset[] }
  /** The upstream has none, or there is no task to ask for. */
  | { kind: 'none' }
  /** The upstream did not answer. */
  | { kind: 'unasked'; why: string }
  /** This worker is not configured for its account, and cannot ask. */
  | { kind: 'elsewhere' };

export async function freshLink(context: WorkerContext, generation: Generation): Promise<FreshLink> {
  if (generation.task === undefined) return { kind: 'none' };
  const upstream = upstreamHere(context, generation);
  if (upstream === null) return { kind: 'elsewhere' };
  try {
    const progress = await upstream.provider.poll(generation.task, { access: access(upstream), http: context.http, signal: context.stopping });
    return progress.state === 'succeeded' ? { kind: 'given', assets: progress.assets } : { kind: 'none' };
  } catch (error) {
    if (error instanceof ProviderError) return { kind: 'unasked', why: error.message };
    throw error;
  }
}
