/**
 * Tells the ledger of the places that downloads wait for and that are no disk: a bucket that is away or refuses us, a folder that is not ours to write. Each
 * of these downloads looks for itself again (steps/download.ts); nothing is decided here. The disks have a guard of their own (disk-guard.ts).
 */
import os from 'node:os';
import { endDownloadWait, noteDownloadWait, type Store } from '@dailies/queue';
import { bucketAndPrefix, bucketPlace, isBucketPlace } from '@dailies/results';

export interface StoreWaits {
  /** A download has found, after so many milliseconds, that it has to wait for the place of its folder. */
  found(folder: string, reason: string, tookMs: number): void;
  /** After that: whether the log has not said this of the place yet. It is said once while downloads wait, since thousands say the same of a bucket. */
  isNews(folder: string, reason: string): boolean;
  /** A download has stored its files there. */
  stored(folder: string): void;
  /** Tells of those that still wait, and takes back what is over. */
  tell(): Promise<void>;
}

interface Wait {
  reason: string;
  /** Epoch milliseconds: when the first download found it so. */
  since: number;
  /** By the clock that nobody sets: when it is over, should no download come back. */
  until: number;
  isOver: boolean;
  /** What the log has said of it. */
  said: Set<string>;
}

/** How often a download looks again. */
export const STORE_WAIT_MS = 15_000;
/** So many looks did not come: other workers have taken all that waited. A look takes minutes where the bucket takes requests and does not answer. */
const FORGOTTEN_AFTER_LOOKS = 3;

export function createStoreWaits(store: Store): StoreWaits {
  const machine = os.hostname();
  const waits = new Map<string, Wait>();
  return {
    found(folder, reason, tookMs) {
      const place = placeOf(folder);
      const { since = Date.now(), until = 0, said = new Set<string>() } = waits.get(place) ?? {};
      const lasts = performance.now() + FORGOTTEN_AFTER_LOOKS * (STORE_WAIT_MS + tookMs);
      waits.set(place, { reason, since, until: Math.max(until, lasts), isOver: false, said });
    },
    isNews(folder, reason) {
      const said = waits.get(placeOf(folder))?.said;
      const isNews = said?.has(reason) !== true;
      said?.add(reason);
      return isNews;
    },
    stored(folder) {
      const wait = waits.get(placeOf(folder));
      if (wait !== undefined) wait.isOver = true;
    },
    async tell() {
      for (const [folder, { reason, since, until, isOver }] of waits) {
        if (!isOver && performance.now() <= until) {
          await noteDownloadWait(store, { machine, folder, reason, since });
          continue;
        }
        waits.delete(folder);
        await endDownloadWait(store, { machine, folder });
      }
    },
  };
}

/** A bucket is one place, however many batches have a folder in it. */
function placeOf(folder: string): string {
  return isBucketPlace(folder) ? bucketPlace(bucketAndPrefix(folder).bucket) : folder;
}
