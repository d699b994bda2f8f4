/**
 * A result that was stored once and is to be fetched again, since a file was found to be gone or damaged. Its link was taken out of the ledger when it
 * was stored, so a fresh one is asked for. But not where every file stands there whole after all (the disk of another machine was looked at, or somebody
 * has put it back): the upstream may have forgotten the result long ago.
 */
import type { Asset } from '@dailies/providers';
import { about, type Generation, type StoredFile } from '@dailies/queue';
import type { ResultStore } from '@dailies/results';
import type { WorkerContext } from '../context.ts';
import { AssetError } from '../download/asset-error.ts';
import { hasAllVideos, wholeFiles } from '../folder/whole-files.ts';
import { freshLink } from './fresh-link.ts';

type StoredBefore = { files: StoredFile[] } | { assets: Asset[] };

export async function storedBefore(context: WorkerContext, generation: Generation, store: ResultStore, folder: string): Promise<StoredBefore> {
  const { files = [] } = generation;
  const whole = await wholeFiles(store, folder, files);
  if (files.length > 0 && whole.length === files.length) return { files };
  const link = await freshLink(context, generation);
  if (link.kind === 'given') return { assets: link.assets };
  // No fresh link is to be had, and all videos are there: only pictures are gone for good, and the result goes without them.
  if (link.kind === 'none' && hasAllVideos(files, whole)) {
    context.log.info({ ...about(generation), kept: whole.map(({ file }) => file) }, 'pictures that are gone are left out');
    return { files: whole };
  }
  throw new AssetError('expired', 'There is no link to it any more.');
}
