/**
 * Whether this worker may write to a place: real and simulated results never share a folder. Whoever enqueued over HTTP has not asked, and a
 * folder may have changed hands since.
 */
import { isSimulated } from '@dailies/queue';
import { claimFolder, isBucketPlace } from '@dailies/results';
import type { WorkerContext } from '../context.ts';

/** Null: it may. Else why not, and what helps. */
export async function claimPlace({ config, log }: Pick<WorkerContext, 'config' | 'log'>, place: string): Promise<string | null> {
  // Nothing simulated ever goes to a bucket.
  if (isBucketPlace(place)) return null;
  const simulated = isSimulated(config);
  const claim = await claimFolder(place, simulated);
  if (claim.outcome === 'moved') log.warn({ folder: place, aside: claim.aside }, 'the folder held simulated results: they were moved aside');
  if (claim.outcome !== 'refused') return null;
  return simulated ? `${claim.why}: what is simulated needs another folder (OUT_DIR, --out).` : `${claim.why}. Take out what was simulated and .simulated; downloads go on by themselves.`;
}
