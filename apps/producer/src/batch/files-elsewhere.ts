/**
 * What succeeded and has no file in the folder of a `run`: workers of several machines share a ledger, the folder is of this one, and a
 * download goes to whichever worker takes it. It only looks; the file is whole where that worker is.
 */
import { stat } from 'node:fs/promises';
import { readGenerations, type Store } from '@dailies/queue';
import { codeOf, fileIn, isBucketPlace } from '@dailies/results';

const PAGE = 200;

/** Ids of those of which a file is not there. What retention removed, and what cannot be looked at, is told of elsewhere. */
export async function filesElsewhere(store: Store, ids: readonly string[], folder: string): Promise<string[]> {
  const found: string[] = [];
  if (isBucketPlace(folder)) return found;
  for (let at = 0; at < ids.length; at += PAGE) {
    for (const generation of await readGenerations(store, ids.slice(at, at + PAGE))) {
      if (generation?.state !== 'succeeded' || generation.folder !== folder || generation.filesRemovedAt !== undefined || generation.filesExpiredAt !== undefined) continue;
      const are = await Promise.all((generation.files ?? []).map(({ file }) => isThere(fileIn(folder, file))));
      if (are.includes(false)) found.push(generation.id);
    }
  }
  return found;
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ENOENT';
  }
}
