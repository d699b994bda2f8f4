/**
 * Room on the disks: that of the results, and that of the embedded Redis, which exits on a full one. It knows folders and bytes only, and never says that
 * there is room where less than what is to stay free would be left.
 */
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Store } from '@dailies/queue';
import { codeOf, makePath } from '@dailies/results';
import { AssetError, diskError } from './asset-error.ts';
import { Claims, createSpaceLook, freeSpace, type FreeSpace } from './free-space.ts';

export interface RoomRules {
  store: Store;
  /** Bytes that stay free. */
  reserveBytes: number;
  /** The data folder of the embedded Redis; null: the Redis is elsewhere, and its disk is not ours to judge. */
  redisFolder: string | null;
}

/** One generation's room on the disk, from before its first file to after its last. */
export interface Room {
  readonly folder: string;
  /** Makes the folder, and makes sure that there is room for this much more. Throws an `AssetError` of the kind `disk`. */
  check(bytesToCome: number): Promise<void>;
  leave(): void;
}

export interface DiskRoom {
  take(folder: string): Room;
  /** Whether this much could be written to the folder now. */
  isUsable(folder: string, bytesToCome: number): Promise<boolean>;
  /** Learns again how large the file of the embedded Redis is. */
  look(): Promise<void>;
}

/** For files from this size on the free space is looked up each time; for smaller ones a look of a moment ago will do. */
const LARGE_BYTES = 16 * 1024 ** 2;
const GiB = 1024 ** 3;

export function createDiskRoom({ store, reserveBytes, redisFolder }: RoomRules): DiskRoom {
  const claims = new Claims();
  const recent = createSpaceLook(made);
  const recentOfRedis = createSpaceLook(freeSpace);
  let aofBytes: number | null = redisFolder === null ? 0 : null;

  /** `owner`: whoever wants to write, and counts on the room from here on; null: only a look, which claims nothing and believes no earlier look. */
  async function check(owner: object | null, folder: string, bytesToCome: number): Promise<void> {
    aofBytes ??= await readAofBytes(store);
    const kept = Math.max(reserveBytes, 2 * aofBytes);
    try {
      const { device, bytes } = await (owner !== null && bytesToCome < LARGE_BYTES ? recent : made)(folder);
      const free = bytes - claims.ofOthers(owner, device);
      if (free < kept + bytesToCome) throw noRoom(folder, { free, kept, bytesToCome });
      if (owner !== null) claims.set(owner, device, bytesToCome);
    } catch (error) {
      throw diskError(error, folder);
    }
    if (redisFolder === null) return;
    const free = await freeForRedis(redisFolder, owner === null ? freeSpace : recentOfRedis);
    if (free < kept) throw noRoom(redisFolder, { free, kept, bytesToCome: 0 });
  }

  return {
    take(folder) {
      const owner = {};
      return { folder, check: (bytesToCome) => check(owner, folder, bytesToCome), leave: () => claims.release(owner) };
    },
    async isUsable(folder, bytesToCome) {
      try {
        await check(null, folder, bytesToCome);
        await probe(folder);
        return true;
      } catch {
        return false;
      }
    },
    async look() {
      if (redisFolder !== null) aofBytes = await readAofBytes(store);
    },
  };
}

async function made(folder: string): Promise<FreeSpace> {
  await makePath(folder);
  return freeSpace(folder);
}

/** In bytes. Infinite where the folder is not there: then the Redis was started by somebody else, elsewhere. */
async function freeForRedis(folder: string, look: typeof freeSpace): Promise<number> {
  try {
    return (await look(folder)).bytes;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Infinity;
    throw diskError(error, folder);
  }
}

function noRoom(folder: string, { free, kept, bytesToCome }: { free: number; kept: number; bytesToCome: number }): AssetError {
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
