/**
 * The files of a result that was stored in the time which a restored backup has lost. The ledger has forgotten them, the manifest of their folder has not.
 * It must never answer with a file of another ledger, round or task, nor with one that is not what the manifest says of it.
 */
import type { Generation, StoredFile } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { folderOf } from './folder-of.ts';
import { rememberedRow } from './remembered-row.ts';
import { hasAllVideos, wholeFiles } from './whole-files.ts';

/** Those that stand there whole, if all videos do. Throws a StoreError where nobody can look. */
export async function rememberedFiles(context: WorkerContext, generation: Generation): Promise<StoredFile[]> {
  if (generation.taskKey === undefined) return [];
  const row = await rememberedRow(context, generation);
  if (row?.task !== generation.taskKey || row.round !== generation.round) return [];
  const folder = await folderOf(context, generation);
  const whole = await wholeFiles(context.results.at(folder), folder, row.files);
  // A picture that is gone takes no video with it.
  return hasAllVideos(row.files, whole) ? whole : [];
}
