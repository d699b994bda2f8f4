/**
 * The files of what succeeded earlier: each is there, whole, and in the place asked for, or it is fetched again. Never pays, never writes
 * over a file under its final name but with one that was verified, and never brings back by itself what retention removed.
 */
import { note, readGenerations, retryGeneration, type Desk, type Generation } from '@dailies/queue';
import { StoreError, copyResult, isBucketPlace, type Results } from '@dailies/results';

export interface FileCheck {
  whole: number;
  copied: number;
  fetching: number;
  /** By retention, and in no place that was asked for. */
  removed: number;
  /** Not known: their store is away, or they cannot be read or brought. They are not fetched again for that, and hold nothing else up. */
  unseen: number;
  /** Why, of one of them. */
  unseenWhy: string | null;
  /** Stopped before it was their turn. */
  left: number;
}

type Found = 'whole' | 'copied' | 'fetching' | 'removed';

const PAGE = 200;
/** A bucket that is away takes up to some minutes to say so of each: after so many in a row it is asked about no others, of which there may be thousands. */
const MOST_IN_VAIN = 3;

export interface BringOptions {
  /** Where the files are to be. */
  folder: string;
  stopping: AbortSignal;
}

export async function bringFiles(
  { desk, results }: { desk: Desk; results: Results },
  ids: readonly string[],
  { folder, stopping }: BringOptions,
): Promise<FileCheck> {
  const check: FileCheck = { whole: 0, copied: 0, fetching: 0, removed: 0, unseen: 0, unseenWhy: null, left: ids.length };
  const look = notInVain(
    (generation) => lookAt(results, generation, folder, stopping),
    ({ folder: recorded = '' }) => (isBucketPlace(recorded) ? recorded : folder),
  );
  for (let at = 0; at < ids.length; at += PAGE) {
    for (const generation of await readGenerations(desk.store, ids.slice(at, at + PAGE))) {
      if (stopping.aborted) return check;
      check.left -= 1;
      if (generation?.state !== 'succeeded') continue;
      const found = await look(generation);
      if (found instanceof StoreError) {
        if (stopping.aborted) return { ...check, left: check.left + 1 };
        check.unseen += 1;
        check.unseenWhy = found.message;
        continue;
      }
      if (found === 'whole' || found === 'copied') await rememberFolder(desk, generation, folder);
      else if (found === 'fetching' && !(await retryGeneration(desk, generation.id, { mayPay: false, byId: true, verify: async () => false })).done) continue;
      check[found] += 1;
    }
  }
  return check;
}

/** Whether every file of a generation is whole where the ledger says it is. An error: nobody here can see them, which says nothing of them. */
export function filesAreWhole(results: Results, { folder, files }: Generation): Promise<boolean | StoreError> {
  return unlessUnseen(async () => {
    if (folder === undefined || files === undefined || files.length === 0) return false;
    for (const stored of files) if ((await results.at(folder).verify(folder, stored.file, stored)) !== 'ok') return false;
    return true;
  });
}

/** The same for many of one command. */
export function createFileLook(results: Results): Look<boolean> {
  return notInVain((generation) => filesAreWhole(results, generation), ({ folder }) => folder);
}

function lookAt(results: Results, generation: Generation, folder: string, stopping: AbortSignal): Promise<Found | StoreError> {
  return unlessUnseen(async () => {
    const found = await bring(results, generation, folder, stopping);
    const isExpired = generation.filesRemovedAt !== undefined || generation.filesExpiredAt !== undefined;
    return found === 'fetching' && isExpired ? 'removed' : found;
  });
}

type Look<T> = (generation: Generation) => Promise<T | StoreError>;

/** A look that asks a bucket which is away about no more than `MOST_IN_VAIN` in a row, and gives its last answer for all others. */
function notInVain<T>(look: Look<T>, placeOf: (generation: Generation) => string | undefined): Look<T> {
  let inVain = 0;
  let why: StoreError | null = null;
  return async (generation) => {
    const isInBucket = isBucketPlace(placeOf(generation) ?? '');
    if (isInBucket && why !== null && inVain >= MOST_IN_VAIN) return why;
    const found = await look(generation);
    if (isInBucket) {
      why = found instanceof StoreError && found.cause === 'unavailable' ? found : null;
      inVain = why === null ? 0 : inVain + 1;
    }
    return found;
  };
}

/** A store that is away or not this machine's, a file that may not be read. */
async function unlessUnseen<T>(look: () => Promise<T>): Promise<T | StoreError> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

async function bring(results: Results, generation: Generation, folder: string, stopping: AbortSignal): Promise<Found> {
  const { folder: recorded, files = [] } = generation;
  let found: Found = files.length === 0 ? 'fetching' : 'whole';
  for (const stored of files) {
    if ((await results.at(folder).verify(folder, stored.file, stored)) === 'ok') continue;
    if (recorded === undefined || recorded === folder || !(await copyResult(results, stored, { from: recorded, to: folder }, stopping))) return 'fetching';
    found = 'copied';
  }
  return found;
}

async function rememberFolder(desk: Desk, generation: Generation, folder: string): Promise<void> {
  if (generation.folder !== folder) await note(desk.store, generation, { folder });
}
