/** How much of each batch is still to be done at each provider, and when that may be: an estimate from how long videos took there of late. */
import { STATES } from '../states.ts';
import type { Catalogue } from './catalogue.ts';
import type { Figures } from './figures.ts';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';

interface Load {
  queued: number;
  /** Submitted and not finished. */
  underWay: number;
  /** Of these, without the downloads: no upstream has to answer for those. */
  atUpstream: number;
}

/** By batch, then by provider; only what still moves. */
export type BatchLoads = Map<string, Map<ProviderName, Load>>;

const QUEUED = STATES.indexOf('queued');
const DOWNLOADING = STATES.indexOf('downloading');
const UNDER_WAY = new Set(['submitting', 'ambiguous', 'rendering', 'downloading'].map((state) => STATES.findIndex((one) => one === state)));

export function batchLoads(catalogue: Catalogue): BatchLoads {
  const loads: BatchLoads = new Map();
  for (let row = 0; row < catalogue.size; row += 1) {
    const state = catalogue.state[row] ?? 0;
    const isQueued = state === QUEUED;
    if (!isQueued && !UNDER_WAY.has(state)) continue;
    const name = PROVIDER_NAMES.find((one) => one === catalogue.providers.nameOf(catalogue.provider[row] ?? 0));
    if (name === undefined) continue;
    const batch = catalogue.batches.nameOf(catalogue.batch[row] ?? 0);
    const ofBatch = loads.get(batch) ?? new Map<ProviderName, Load>();
    const load = ofBatch.get(name) ?? { queued: 0, underWay: 0, atUpstream: 0 };
    if (isQueued) load.queued += 1;
    else load.underWay += 1;
    if (!isQueued && state !== DOWNLOADING) load.atUpstream += 1;
    loads.set(batch, ofBatch.set(name, load));
  }
  return loads;
}

/**
 * Milliseconds until the last video of the batch, or null when nothing is known yet. Slots are shared in fair turns by the batches that
 * wait at a provider; the slowest provider decides; the last video takes as long as the slowest twentieth.
 */
export function timeLeft(loads: BatchLoads, batch: string, figures: Figures, slots: Record<ProviderName, number>): number | null {
  let longest = 0;
  for (const [provider, { queued, underWay }] of loads.get(batch) ?? []) {
    const { mean, p95 } = figures.providers[provider].timeToVideo;
    if (mean === null || p95 === null) return null;
    const waiting = [...loads.values()].map((one) => one.get(provider)?.queued ?? 0).filter((count) => count > 0);
    const turns = Math.min(queued * waiting.length, waiting.reduce((sum, count) => sum + count, 0));
    const last = queued + underWay > 0 ? p95 : 0;
    longest = Math.max(longest, (turns * mean) / Math.max(1, slots[provider]) + last);
  }
  return longest;
}
