/**
 * Tells the ledger of the places that downloads wait for and that are no disk: a bucket that is away or refuses us, a folder that is not ours to write. Each
 * of these downloads looks for itself again (steps/download.ts); nothing is decided here. The disks have a guard of their own (disk-guard.ts).
 */
import os from 'node:os';
import { endDownloadWait, noteDownloadWait, type Store } from '@dailies/queue';
import { bucketAndPrefix, bucketPlace, isBucketPlace } from '@dailies/results';

export interface StoreWaits {
  /** A download has found that it has to wait for the place of its folder. */
  found(folder: string, reason: string): void;
  /** A download has stored its files there. */
  stored(folder: string): void;
  /** Tells of those that still wait, and takes back what is over. */
  tell(): Promise<void>;
}

/** Epoch milliseconds: when the first download found it so, and the last. */
interface Wait {
  reason: string;
  since: number;
  seenAt: number;
  isOver: boolean;
}

/** How often a download looks again. */
export const STORE_WAIT_MS = 15_000;
/** No download has come back for so long: other workers have taken all that waited. */
const FORGOTTEN_AFTER_MS = 3 * STORE_WAIT_MS;

export function createStoreWaits(store: Store): StoreWaits {
  const machine = os.hostname();
  const waits = new Map<string, Wait>();
  return {
    found(folder, reason) {
      const now = Date.now();
      const place = placeOf(folder);
      waits.set(place, { reason, since: waits.get(place)?.since ?? now, seenAt: now, isOver: false });
    },
    stored(folder) {
      const wait = waits.get(placeOf(folder));
      if (wait !== undefined) wait.isOver = true;
    },
    async tell() {
      for (const [folder, { reason, since, seenAt, isOver }] of waits) {
        if (!isOver && Date.now() - seenAt <= FORGOTTEN_AFTER_MS) {
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
