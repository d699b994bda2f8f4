/** The machine itself: its clock against that of Redis, and room on the disks of the results and of the state. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Config, Store } from '@dailies/queue';
import type { Finding } from './finding.ts';

const CLOCK_LIMIT_MS = 2_000;
const ROOM_BYTES = 1024 ** 3;

export async function checkClock({ redis }: Store): Promise<Finding> {
  const before = Date.now();
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  const now = (before + Date.now()) / 2;
  return clockFinding(now - (seconds * 1000 + micros / 1000));
}

export function clockFinding(aheadMs: number): Finding {
  const off = `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of Redis`;
  if (Math.abs(aheadMs) <= CLOCK_LIMIT_MS) return { level: 'ok', about: 'clock', what: 'This clock and that of Redis agree.' };
  return {
    level: 'error',
    about: 'clock',
    what: `This clock is ${off}: deadlines, and who may judge a submit, would be wrong.`,
    remedy: 'Switch on time synchronisation (NTP) on both machines.',
  };
}

export async function checkDisks({ outFolder, stateFolder, redisUrl }: Config): Promise<Finding[]> {
  const folders = redisUrl === null ? [['results', outFolder] as const, ['state', stateFolder] as const] : [['results', outFolder] as const];
  return Promise.all(folders.map(async ([name, folder]) => diskFinding(name, folder, await freeBytes(folder))));
}

export function diskFinding(name: string, folder: string, free: number): Finding {
  const room = `${(free / 1024 ** 3).toFixed(1)} GiB free for ${name} (${folder})`;
  if (free >= ROOM_BYTES) return { level: 'ok', about: 'disk', what: `${room}.` };
  return { level: 'error', about: 'disk', what: `Only ${room}.`, remedy: 'Make room, or choose another disk (OUT_DIR, DAILIES_DIR). Redis stops on a full disk.' };
}

/** Of the nearest folder that exists: ours are made when they are needed. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return freeBytes(parent);
  }
}
