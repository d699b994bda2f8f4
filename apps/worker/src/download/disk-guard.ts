/**
 * Keeps downloads from filling the disks (disk-room.ts). A download that finds too little room, or no folder, waits, and goes on by itself; no generation
 * fails by it. That downloads wait is said once in the log, and in the ledger while it lasts.
 */
import os from 'node:os';
import { type Log, endDownloadWait, noteDownloadWait } from '@dailies/queue';
import type { AssetError } from './asset-error.ts';
import { type Room, type RoomRules, createDiskRoom } from './disk-room.ts';

export interface DiskGuard {
  room(folder: string): Room;
  /** Puts the download of a generation on hold. Answers how many milliseconds it waits, and whether it was not on hold before. */
  hold(folder: string, id: string, fault: AssetError): Promise<{ ms: number; isNew: boolean }>;
  /** Looks once which of the folders that downloads wait for can be used again. */
  look(): Promise<void>;
}

/** A folder that downloads wait for. Times are epoch milliseconds. */
interface Hold {
  /** As the last download found it. */
  reason: string;
  since: number;
  /** The most bytes that one of the downloads wants to write. */
  bytes: number;
  /** Ids of the generations. */
  waiting: Set<string>;
  /** When a download last found that it has to wait. */
  seenAt: number;
  /** Before this the folder is not looked at again. */
  notBefore: number;
  /** When it was last noted in the ledger. */
  notedAt: number;
}

const SHORTEST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 300_000;
/** How many of the waiting downloads come back in a second, however many wait. */
const COMING_BACK = 10;
const REPEAT_MS = 10_000;
/** How long a folder is not looked at after a write was refused for want of room. A full quota, or a disk that others fill, may still take a probe. */
const FULL_MS = 15_000;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

export function createDiskGuard({ log, ...rules }: RoomRules & { log: Log }): DiskGuard {
  const { store } = rules;
  const machine = os.hostname();
  const disk = createDiskRoom(rules);
  const holds = new Map<string, Hold>();

  async function look(): Promise<void> {
    await disk.look();
    for (const [folder, hold] of holds) {
      if (Date.now() < hold.notBefore) continue;
      // No download has come back for so long: other workers have taken all that waited here.
      const isForgotten = Date.now() > hold.seenAt + 2 * LONGEST_WAIT_MS;
      if (isForgotten || (await disk.isUsable(folder, hold.bytes))) await end(folder, hold);
      else if (Date.now() > hold.notedAt + REPEAT_MS) await tell(folder, hold);
    }
  }

  async function end(folder: string, { since, waiting }: Hold): Promise<void> {
    holds.delete(folder);
    await endDownloadWait(store, { machine, folder });
    log.info({ folder, waited: waiting.size, seconds: Math.round((Date.now() - since) / 1000) }, 'downloads go on: the folder can be used again');
  }

  async function tell(folder: string, hold: Hold): Promise<void> {
    hold.notedAt = Date.now();
    await noteDownloadWait(store, { machine, folder, reason: hold.reason, since: hold.since });
  }

  return {
    room: (folder) => disk.take(folder),
    async hold(folder, id, fault) {
      const now = Date.now();
      const known = holds.get(folder);
      const hold: Hold = known ?? { reason: fault.message, since: now, bytes: 0, waiting: new Set(), seenAt: now, notBefore: 0, notedAt: 0 };
      const isNew = !hold.waiting.has(id);
      hold.waiting.add(id);
      // What is in the way may have changed: a full disk that was taken away is a missing folder. The next note says it.
      hold.reason = fault.message;
      hold.seenAt = now;
      if (fault.neededBytes === undefined && NO_ROOM.has(fault.code ?? '')) hold.notBefore = now + FULL_MS;
      hold.bytes = Math.max(hold.bytes, fault.neededBytes ?? 0);
      if (known === undefined) {
        holds.set(folder, hold);
        log.error({ folder, reason: fault.message }, 'downloads wait for the disk');
        await tell(folder, hold);
      }
      return { ms: Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, (hold.waiting.size / COMING_BACK) * 1000)), isNew };
    },
    look,
  };
}
