/** The machine itself: its clock against that of Redis, and room on the disks of the results and of the state. */
import { access, constants, readdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { CLOCK_LIMIT_MS, type Config, seenWorkers, type Store, wrongClocks } from '@dailies/queue';
import { printable } from '../printable.ts';
import type { Finding } from './finding.ts';

const GiB = 1024 ** 3;

export async function checkClock({ redis }: Store): Promise<Finding> {
  const before = Date.now();
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  const now = (before + Date.now()) / 2;
  return clockFinding('This clock', now - (seconds * 1000 + micros / 1000));
}

/** What the workers have told of theirs: the doctor may be asked on another machine. */
export async function checkWorkersClocks(store: Store): Promise<Finding[]> {
  return wrongClocks(await seenWorkers(store)).map(({ name, aheadMs }) => clockFinding(`The clock of the worker ${printable(name)}`, aheadMs));
}

export function clockFinding(whose: string, aheadMs: number): Finding {
  const off = `${span(Math.abs(aheadMs) / 1000)} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of Redis`;
  if (Math.abs(aheadMs) <= CLOCK_LIMIT_MS) return { level: 'ok', about: 'clock', what: `${whose} and that of Redis agree.` };
  return {
    level: 'error',
    about: 'clock',
    what: `${whose} is ${off}: deadlines, and who may judge a submit, would be wrong.`,
    remedy: 'Switch on time synchronisation (NTP) on both machines.',
  };
}

function span(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6_000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

/**
 * Uses the thresholds at which downloads wait (worker: download/disk-room.ts). The state folder is needed wherever Redis runs, for rescue files and
 * for how far the ledger was seen. Its free space matters only when the embedded Redis is in it.
 */
export async function checkDisks({ outFolder, stateFolder, redisUrl, download }: Config): Promise<Finding[]> {
  const isEmbedded = redisUrl === null;
  const kept = Math.max(download.diskReserveBytes, isEmbedded ? 2 * (await aofBytes(stateFolder)) : 0);
  return Promise.all([checkDisk('results', outFolder, kept), checkDisk('state', stateFolder, isEmbedded ? kept : 0)]);
}

async function checkDisk(name: string, folder: string, kept: number): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(await standingFolder(folder));
    return diskFinding(name, folder, bavail * bsize, kept);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      level: 'error',
      about: 'disk',
      what: `The folder for ${name} (${folder}) cannot be used: ${why}.`,
      remedy: 'Give this user the right to write to it, or choose another (OUT_DIR, DAILIES_DIR).',
    };
  }
}

export function diskFinding(name: string, folder: string, free: number, kept: number): Finding {
  const room = `${(free / GiB).toFixed(1)} GiB free for ${name} (${folder})`;
  if (free >= kept) return { level: 'ok', about: 'disk', what: `${room}.` };
  return {
    level: 'error',
    about: 'disk',
    what: `Only ${room}: downloads wait until ${(kept / GiB).toFixed(1)} GiB are free (DISK_RESERVE_BYTES, or twice the file of the embedded Redis).`,
    remedy: 'Make room, or choose another disk (OUT_DIR, DAILIES_DIR). Redis stops on a full disk.',
  };
}

/** The folder, or its nearest existing parent, which must be writable: our folders are created when they are needed. */
async function standingFolder(folder: string): Promise<string> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is not a folder');
    await access(folder, constants.W_OK);
    return folder;
  } catch (error) {
    const parent = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return standingFolder(parent);
  }
}

/** Read from the disk, since the doctor is often asked just when Redis does not answer. */
async function aofBytes(stateFolder: string): Promise<number> {
  const folder = path.join(stateFolder, 'redis', 'appendonlydir');
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(path.join(folder, name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
