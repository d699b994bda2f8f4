/**
 * Retention of results: removes the files of what succeeded longer ago than RESULT_RETENTION_DAYS, and writes down that it did. The generation stays
 * `succeeded`, so that the same prompts never pay again. It must never touch a file of anything that has not succeeded, nor one in a folder that a
 * person named with `--out`, nor another ledger's that has its name, nor write down that files are removed which another machine has in a folder of the
 * same name.
 */
import { access } from 'node:fs/promises';
import { REMOVAL_MS, beginRemoval, chunked, endRemoval, expiredFiles, readGenerations, timeOf, type Generation, type StoredFile } from '@dailies/queue';
import { isBucketPlace, mayBe, StoreError } from '@dailies/results';
import type { WorkerContext } from '../context.ts';
import type { BatchFolders } from '../folder/batch-folder.ts';
import { folderName, isServicesFolder } from '../folder/folder-of.ts';

const DAY_MS = 24 * 3_600_000;
const PER_PAGE = 200;
/** So many are removed at once: a bucket takes a tenth of a second for each request, and the other work of the sweep waits until a page is through. */
const AT_ONCE = 16;
/** No page is begun later than that in a pass: the other work of the sweep waits meanwhile. */
const PASS_MS = 2_000;
/** Between two rounds through all generations. */
const REST_MS = 600_000;
/** A rest is at least so many times as long as the round looked for such files, which takes longer with every generation that ever was. */
const REST_TO_LOOKS = 20;

export interface ResultExpiry {
  /** Looks at the next pages of generations. Answers of how many it removed the files. */
  pass(): Promise<number>;
}

export function createResultExpiry(context: WorkerContext, folders: Pick<BatchFolders, 'touch'>): ResultExpiry {
  const { store, results, log, config } = context;
  let cursor = 0;
  let lookedMs = 0;
  let restUntil = 0;

  /**
   * Whether this worker may remove the files. On a local disk only a machine that has one of them may begin. A removal that was begun and cut short may be
   * ended by any machine with the folder, since all files may be gone by then.
   */
  async function mayRemove({ files = [], filesExpiredAt }: Generation, folder: string): Promise<boolean> {
    if (isBucketPlace(folder)) return true;
    if (filesExpiredAt !== undefined) return isThere(folder);
    const found = await Promise.all(files.map((stored) => stands(folder, stored)));
    return found.includes(true);
  }

  /** By its name and length, and by what an object says of itself. To take the checksum of a file would take longer than a removal may. */
  async function stands(folder: string, stored: StoredFile): Promise<boolean> {
    return mayBe(await results.at(folder).stat(folder, stored.file), stored);
  }

  /** Answers whether it has removed the files, or what ends its own removal only. */
  async function expire(generation: Generation): Promise<boolean | StoreError> {
    const { id, batch, folder, files = [] } = generation;
    if (folder === undefined || !isServicesFolder(context, generation, folder) || !(await mayRemove(generation, folder))) return false;
    const begun = Date.now();
    const late = AbortSignal.timeout(REMOVAL_MS);
    const seq = await beginRemoval(store, generation);
    if (seq === null) return false;
    const place = results.at(folder);
    const removed: string[] = [];
    for (const stored of files) {
      const isOurs = await stands(folder, stored);
      // This process was stopped or suspended meanwhile: by now a person may have had the file fetched again.
      if (Date.now() - begun > REMOVAL_MS) return false;
      if (!isOurs) continue;
      try {
        await place.remove(folder, stored.file, late);
      } catch (error) {
        if (late.aborted) throw new StoreError('unavailable', `${folder}: ${REMOVAL_MS / 1_000} s have passed without an answer to the removal of ${stored.file}.`);
        return faultOf(error, 'disk', 'refused');
      }
      removed.push(stored.file);
    }
    if (!(await endRemoval(store, id, seq))) return false;
    log.info({ generation: id, batch, folder, files: removed }, 'files removed: past their retention');
    folders.touch(folderName(generation));
    return true;
  }

  async function expireIfStored(generation: Generation | null): Promise<boolean | StoreError> {
    if (generation?.state !== 'succeeded' || generation.filesRemovedAt !== undefined) return false;
    // One folder that this user may not write, or one object that is locked: nothing else waits for it, and the next round comes to it again.
    return expire(generation).catch((error: unknown) => faultOf(error, 'disk'));
  }

  /** Removes what is past its retention on the next page. Answers of how many, and whether another page, the end or, after a fault, the same page is next. */
  async function page(): Promise<{ removed: number; next: 'page' | 'end' | 'again' }> {
    const begun = performance.now();
    // By the clock that is behind, ours or Redis': by one that is days ahead, young files would be removed, and they are paid.
    const found = await expiredFiles(store, Math.min(Date.now(), await timeOf(store)) - config.retention.resultDays * DAY_MS, cursor, PER_PAGE);
    lookedMs += performance.now() - begun;
    let removed = 0;
    const faults: StoreError[] = [];
    try {
      for (const together of chunked(await readGenerations(store, found.ids), AT_ONCE)) {
        // What ends the page does so when nothing of it is under way any more.
        for (const outcome of await Promise.allSettled(together.map(expireIfStored))) {
          if (outcome.status === 'rejected') throw outcome.reason;
          if (outcome.value instanceof StoreError) faults.push(outcome.value);
          else if (outcome.value) removed += 1;
        }
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // What it failed at stays marked as begun, and the next pass goes through this page again.
      if (error.cause !== 'aborted') log.warn({ reason: error.message }, 'files past their retention not removed: tries again');
      return { removed, next: 'again' };
    }
    const [fault] = faults;
    if (fault !== undefined) log.warn({ reason: fault.message, generations: faults.length }, 'files past their retention not removed: tries again');
    cursor = found.cursor ?? 0;
    return { removed, next: found.cursor === null ? 'end' : 'page' };
  }

  return {
    async pass() {
      if (config.retention.resultDays === 0 || Date.now() < restUntil) return 0;
      const until = performance.now() + PASS_MS;
      let removed = 0;
      for (let next = 'page'; next === 'page' && performance.now() < until;) {
        const done = await page();
        removed += done.removed;
        next = done.next;
        if (next === 'end') restUntil = Date.now() + Math.max(REST_MS, REST_TO_LOOKS * lookedMs);
        if (next === 'end') lookedMs = 0;
      }
      return removed;
    },
  };
}

/** Answers a failure of the store that has one of these causes, and throws any other. */
function faultOf(error: unknown, ...causes: StoreError['cause'][]): StoreError {
  if (error instanceof StoreError && causes.includes(error.cause)) return error;
  throw error;
}

/** Whether a local folder is there. If not, it is another machine's, or not mounted: nothing is known of what is in it. */
async function isThere(folder: string): Promise<boolean> {
  return access(folder).then(() => true, () => false);
}
