/**
 * What succeeded and has no file in the folder of a `run`: workers of several machines share a ledger, the folder is of this one, and a
 * download goes to whichever worker takes it. It only looks; the file is whole where that worker is.
 */
import { readdir } from 'node:fs/promises';
import { readGenerations, type Store } from '@dailies/queue';
import { codeOf, isBucketPlace } from '@dailies/results';

const PAGE = 200;

/** Ids of those of which a file is not there. What retention removed, and what cannot be looked at, is told of elsewhere. */
export async function filesElsewhere(store: Store, ids: readonly string[], folder: string): Promise<string[]> {
  const found: string[] = [];
  const here = isBucketPlace(folder) ? null : await namesIn(folder);
  if (here === null) return found;
  for (let at = 0; at < ids.length; at += PAGE) {
    for (const generation of await readGenerations(store, ids.slice(at, at + PAGE))) {
      if (
        generation?.state !== 'succeeded' ||
        generation.folder !== folder ||
        generation.filesRemovedAt !== undefined ||
        generation.filesExpiredAt !== undefined
      )
        continue;
      if ((generation.files ?? []).some(({ file }) => !here.has(file))) found.push(generation.id);
    }
  }
  return found;
}

/**
 * All at once, not file by file: a client of a network share remembers for some time that a name was not there, but opens a folder anew.
 * Null: it cannot be looked at.
 */
async function namesIn(folder: string): Promise<ReadonlySet<string> | null> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? new Set() : null;
  }
}
