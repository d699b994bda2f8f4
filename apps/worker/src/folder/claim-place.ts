/**
 * Whether this worker may write to a place: real and simulated results never share a folder. `run` asks that before it enqueues; HTTP does not, and a
 * folder may have been claimed by the other kind since.
 */
import { isSimulated } from '@dailies/queue';
import { claimFolder, isBucketPlace } from '@dailies/results';
import type { WorkerContext } from '../context.ts';

/** Null: it may. Else a text for people: why not, and what helps. */
export async function claimPlace({ config, log }: Pick<WorkerContext, 'config' | 'log'>, place: string): Promise<string | null> {
  // Nothing simulated ever goes to a bucket.
  if (isBucketPlace(place)) return null;
  const simulated = isSimulated(config);
  const claim = await claimFolder(place, simulated);
  if (claim.outcome === 'moved') log.warn({ folder: place, aside: claim.aside }, 'the folder held simulated results: they were moved aside');
  if (claim.outcome !== 'refused') return null;
  if (simulated) return `${claim.why}: what is simulated needs another folder (OUT_DIR, --out).`;
  return `${claim.why}. Take out what was simulated and .simulated; downloads go on by themselves.`;
}
