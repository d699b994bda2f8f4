/**
 * What succeeded and has no file on this machine: workers of several machines share a ledger, and a download goes to whichever worker takes it.
 * It only looks, and never takes a file for lost: it is whole where that worker is.
 */
import { readdir } from 'node:fs/promises';
import { chunked, readGenerations, type Store, type StoredFile } from '@dailies/queue';
import { codeOf, isBucketPlace } from '@dailies/results';

const PAGE = 200;

/** Ids of those of a `run` of which a file is not in its folder. What retention removed, and what cannot be looked at, is told of elsewhere. */
export async function filesElsewhere(store: Store, ids: readonly string[], folder: string): Promise<string[]> {
  const found: string[] = [];
  const here = isBucketPlace(folder) ? null : await namesIn(folder);
  if (here === null) return found;
  for await (const one of storedOnDisk(store, ids)) {
    if (one.folder === folder && one.files.some(({ file }) => !here.has(file))) found.push(one.id);
  }
  return found;
}

/** For whoever only follows, and has no folder of its own: in which folders of the ledger files are not on this machine, and of how many. */
export async function filesNotHere(store: Store, ids: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const known = new Map<string, ReadonlySet<string> | null>();
  for await (const { folder, files } of storedOnDisk(store, ids)) {
    if (!known.has(folder)) known.set(folder, await namesIn(folder));
    const here = known.get(folder) ?? null;
    if (here !== null && files.some(({ file }) => !here.has(file))) found.set(folder, (found.get(folder) ?? 0) + 1);
  }
  return found;
}

interface StoredOne {
  id: string;
  folder: string;
  files: readonly StoredFile[];
}

/** Whose files should be in a folder, on whichever machine. */
async function* storedOnDisk(store: Store, ids: readonly string[]): AsyncGenerator<StoredOne> {
  for (const page of chunked(ids, PAGE)) {
    for (const generation of await readGenerations(store, page)) {
      if (generation?.state !== 'succeeded') continue;
      const { id, folder, files = [], filesRemovedAt, filesExpiredAt } = generation;
      if (folder === undefined || isBucketPlace(folder) || (filesRemovedAt ?? filesExpiredAt) !== undefined) continue;
      yield { id, folder, files };
    }
  }
}

/**
 * What is said of a place behind its name: nothing where this machine has something there, or where it is a bucket. `alone`: no other machine works on
 * this ledger.
 */
export async function whereItIs(folder: string | null | undefined, alone: boolean): Promise<string> {
  if (folder == null || isBucketPlace(folder) || (await namesIn(folder))?.size !== 0) return '';
  return alone ? ' (nothing is there any more: it was moved or deleted)' : ` (nothing is there on this machine: ${OR_ELSEWHERE})`;
}

/** The same of the files of one generation, which should stand in its folder: what is said of those that do not, by their names. */
export async function whereFilesAre(folder: string | undefined, files: readonly StoredFile[], alone: boolean): Promise<ReadonlyMap<string, string>> {
  const here = folder === undefined || isBucketPlace(folder) ? null : await namesIn(folder);
  if (here === null) return new Map();
  const said = alone ? ' (it is not there any more: moved or deleted)' : ` (it is not there on this machine: ${OR_ELSEWHERE})`;
  return new Map(files.flatMap(({ file }) => (here.has(file) ? [] : [[file, said] as const])));
}

const OR_ELSEWHERE = 'it is on that of the worker that stored it, or was moved or deleted';

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
