/**
 * Checks the files of generations that succeeded earlier. A file that is missing, damaged, or not in the place asked for is fetched again. It never
 * pays, replaces a standing file only by a verified one, and never brings back by itself what retention removed.
 */
import { chunked, note, readGenerations, retryGeneration, type Desk, type Generation } from '@dailies/queue';
import { StoreError, copyResult, filesAreWhole, isBucketPlace, type Results, unlessUnseen } from '@dailies/results';

export interface FileCheck {
  whole: number;
  copied: number;
  fetching: number;
  /** Removed by retention, and not in the place that was asked for. */
  removed: number;
  /** Nothing is known of these: their store is away, or they cannot be read or copied. They are not fetched again, and do not hold up the others. */
  unseen: number;
  /** The reason, for one of them. */
  unseenWhy: string | null;
  /** Stopped before it was their turn. */
  left: number;
}

type Found = 'whole' | 'copied' | 'fetching' | 'removed';

const PAGE = 200;
/** A bucket that is away may take minutes to fail. After so many failures in a row it is not asked about the others, of which there may be thousands. */
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
  for (const page of chunked(ids, PAGE)) {
    for (const generation of await readGenerations(desk.store, page)) {
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

/** Whether the files of each of many generations are whole where the ledger says they are. */
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

/** Checks files, but after `MOST_IN_VAIN` failures in a row asks no more and repeats the last failure for all others. */
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
