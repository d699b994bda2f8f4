/**
 * Keeps downloads from filling the disk of the results or that of the embedded Redis, which exits on a full one. Who finds too little room,
 * or no folder, waits; nothing fails by it, and it goes on by itself. What waits is said once in the log, and in the ledger while it lasts.
 * It must never be asked whether something was paid: it only knows folders and bytes.
 */
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Log, type Store, endDownloadWait, noteDownloadWait } from '@dailies/queue';
import { makePath } from '@dailies/results';
import { AssetError, codeOf, diskError } from './asset-error.ts';
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
  /** How long this one waits, and whether it had not been waiting before. */
  hold(folder: string, id: string, fault: AssetError): Promise<{ ms: number; isNew: boolean }>;
  /** One look at whether what is waited for is over. */
  look(): Promise<void>;
}

interface Hold {
  reason: string;
  since: number;
  /** Bytes that somebody wanted to write. */
  bytes: number;
  waiting: Set<string>;
  seenAt: number;
  /** Not believed to be over before this. */
  notBefore: number;
  notedAt: number;
}

const SHORTEST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 300_000;
/** However many wait, so many come back a second to look. */
const COMING_BACK = 10;
const REPEAT_MS = 10_000;
/** A quota, or a disk that others fill: it has room for a look, and none for a file. */
const FULL_MS = 15_000;
/** From here on a file is worth a look of its own. */
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
      // Somebody else has taken what waited here.
      if (Date.now() < hold.notBefore) continue;
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

/** Whoever starts a worker beside a Redis of its own making has no such folder. */
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
  const text = `${folder} has ${(Math.max(0, free) / GiB).toFixed(2)} GiB free, and ${(kept / GiB).toFixed(2)} GiB are to stay free${forFile} (DISK_RESERVE_BYTES). Make room; downloads go on by themselves.`;
  return new AssetError('disk', text, { code: 'ENOSPC', neededBytes: bytesToCome });
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
