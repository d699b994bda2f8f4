/**
 * Keeps downloads from filling the disk of the results, or that of the embedded Redis, which exits on a full one. A download that finds too little room,
 * or no folder, waits, and goes on by itself; no generation fails by it. That downloads wait is said once in the log, and in the ledger while it lasts.
 * It knows folders and bytes only: nothing about money may be decided by it.
 */
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Log, type Store, endDownloadWait, noteDownloadWait } from '@dailies/queue';
import { codeOf, makePath } from '@dailies/results';
import { AssetError, diskError } from './asset-error.ts';
import { Claims, createSpaceLook, freeSpace, type FreeSpace } from './free-space.ts';

export interface DiskRules {
  store: Store;
  log: Log;
  /** Bytes that stay free. */
  reserveBytes: number;
  /** The data folder of the embedded Redis; null: the Redis is elsewhere, and its disk is not ours to judge. */
  redisFolder: string | null;
}

/** One generation's place on the disk, from before its first file to after its last. */
export interface Place {
  readonly folder: string;
  /** Makes the folder, and makes sure that there is room for this much more. Throws an `AssetError` of the kind `disk`. */
  check(bytesToCome: number): Promise<void>;
  leave(): void;
}

export interface DiskGuard {
  place(folder: string): Place;
  /** Puts the download of a generation on hold. Answers how many milliseconds it waits, and whether it was not on hold before. */
  hold(folder: string, id: string, fault: AssetError): Promise<{ ms: number; isNew: boolean }>;
  /** Looks once which of the folders that downloads wait for can be used again. */
  look(): Promise<void>;
}

/** A folder that downloads wait for. Times are epoch milliseconds. */
interface Hold {
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
/** For files from this size on the free space is looked up each time; for smaller ones a look of a moment ago will do. */
const LARGE_BYTES = 16 * 1024 ** 2;
const GiB = 1024 ** 3;
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

export function createDiskGuard({ store, log, reserveBytes, redisFolder }: DiskRules): DiskGuard {
  const machine = os.hostname();
  const claims = new Claims();
  const holds = new Map<string, Hold>();
  const recent = createSpaceLook(made);
  const recentOfRedis = createSpaceLook(freeSpace);
  let aofBytes: number | null = redisFolder === null ? 0 : null;

  async function check(owner: object | null, folder: string, bytesToCome: number): Promise<void> {
    aofBytes ??= await readAofBytes(store);
    const kept = Math.max(reserveBytes, 2 * aofBytes);
    try {
      const { device, bytes } = await (owner !== null && bytesToCome < LARGE_BYTES ? recent : made)(folder);
      const free = bytes - claims.ofOthers(owner, device);
      if (free < kept + bytesToCome) throw noRoom(folder, free, kept, bytesToCome);
      if (owner !== null) claims.set(owner, device, bytesToCome);
    } catch (error) {
      throw diskError(error, folder);
    }
    if (redisFolder === null) return;
    const { bytes } = await redisSpace(redisFolder, owner === null ? freeSpace : recentOfRedis);
    if (bytes < kept) throw noRoom(redisFolder, bytes, kept, 0);
  }

  async function look(): Promise<void> {
    if (redisFolder !== null) aofBytes = await readAofBytes(store);
    for (const [folder, hold] of holds) {
      if (Date.now() < hold.notBefore) continue;
      // No download has come back for so long: other workers have taken all that waited here.
      const isForgotten = Date.now() > hold.seenAt + 2 * LONGEST_WAIT_MS;
      if (isForgotten || (await isUsable(folder, hold.bytes))) await end(folder, hold);
      else if (Date.now() > hold.notedAt + REPEAT_MS) await repeat(folder, hold);
    }
  }

  async function isUsable(folder: string, bytesToCome: number): Promise<boolean> {
    try {
      await check(null, folder, bytesToCome);
      await probe(folder);
      return true;
    } catch {
      return false;
    }
  }

  async function end(folder: string, { since, waiting }: Hold): Promise<void> {
    holds.delete(folder);
    await endDownloadWait(store, { machine, folder });
    log.info({ folder, waited: waiting.size, seconds: Math.round((Date.now() - since) / 1000) }, 'downloads go on: the folder can be used again');
  }

  async function repeat(folder: string, hold: Hold): Promise<void> {
    hold.notedAt = Date.now();
    await noteDownloadWait(store, { machine, folder, reason: hold.reason, since: hold.since });
  }

  return {
    place(folder) {
      const owner = {};
      return { folder, check: (bytesToCome) => check(owner, folder, bytesToCome), leave: () => claims.release(owner) };
    },
    async hold(folder, id, fault) {
      const now = Date.now();
      const known = holds.get(folder);
      const hold: Hold = known ?? { reason: fault.message, since: now, bytes: 0, waiting: new Set(), seenAt: now, notBefore: 0, notedAt: 0 };
      const isNew = !hold.waiting.has(id);
      hold.waiting.add(id);
      hold.seenAt = now;
      if (fault.neededBytes === undefined && NO_ROOM.has(fault.code ?? '')) hold.notBefore = now + FULL_MS;
      hold.bytes = Math.max(hold.bytes, fault.neededBytes ?? 0);
      if (known === undefined) {
        holds.set(folder, hold);
        log.error({ folder, reason: fault.message }, 'downloads wait for the disk');
        await repeat(folder, hold);
      }
      return { ms: Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, (hold.waiting.size / COMING_BACK) * 1000)), isNew };
    },
    look,
  };
}

async function made(folder: string): Promise<FreeSpace> {
  await makePath(folder);
  return freeSpace(folder);
}

/** Infinite where the folder is not there: then the Redis was started by somebody else, elsewhere. */
async function redisSpace(folder: string, look: typeof freeSpace): Promise<{ bytes: number }> {
  try {
    return await look(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { bytes: Infinity };
    throw diskError(error, folder);
  }
}

function noRoom(folder: string, free: number, kept: number, bytesToCome: number): AssetError {
  const forFile = bytesToCome > 0 ? ` beside a file of ${(bytesToCome / GiB).toFixed(2)} GiB` : '';
  const room = `${(Math.max(0, free) / GiB).toFixed(2)} GiB free`;
  const text = `${folder} has ${room}, and ${(kept / GiB).toFixed(2)} GiB are to stay free${forFile} (DISK_RESERVE_BYTES).`;
  return new AssetError('disk', `${text} Make room; downloads go on by themselves.`, { code: 'ENOSPC', neededBytes: bytesToCome });
}

/** Whether the folder takes a file at all: quotas, rights and read-only disks show in nothing else. */
async function probe(folder: string): Promise<void> {
  const file = path.join(folder, `.dailies-${randomUUID()}.probe`);
  const handle = await open(file, 'wx');
  try {
    await handle.write(Buffer.alloc(4_096));
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
}

async function readAofBytes({ redis }: Store): Promise<number> {
  return Number(/^aof_current_size:(\d+)/m.exec(await redis.info('persistence'))?.[1] ?? 0);
}
