/** How much a folder can still take: what its file system has free, less what downloads under way still have to bring. */
import { stat, statfs } from 'node:fs/promises';
import { BoundedMap } from '@dailies/queue';

export interface FreeSpace {
  /** Which file system. */
  device: number;
  /** Bytes that this user may still write. */
  bytes: number;
}

export async function freeSpace(folder: string): Promise<FreeSpace> {
  const [{ bavail, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
  return { device: dev, bytes: bavail * bsize };
}

/** How old a look may be: many small files are written in this time, and they do not fill a disk. */
const FRESH_MS = 100;
const MOST_FOLDERS = 100;

/** The same look, remembered for FRESH_MS for each folder. */
export function createSpaceLook(look: (folder: string) => Promise<FreeSpace>): (folder: string) => Promise<FreeSpace> {
  const looks = new BoundedMap<string, { at: number; space: Promise<FreeSpace> }>(MOST_FOLDERS);
  return (folder) => {
    const known = looks.get(folder);
    if (known !== undefined && Date.now() - known.at < FRESH_MS) return known.space;
    const space = look(folder);
    space.catch(() => looks.delete(folder));
    looks.delete(folder);
    looks.set(folder, { at: Date.now(), space });
    return space;
  };
}

/** What downloads of this process still have to bring, by file system: eight of them must not all count on the same gigabyte. */
export class Claims {
  readonly #claims = new Map<object, { device: number; bytes: number }>();

  set(owner: object, device: number, bytes: number): void {
    this.#claims.set(owner, { device, bytes });
  }

  release(owner: object): void {
    this.#claims.delete(owner);
  }

  /** Bytes claimed on a file system by everybody else. */
  ofOthers(owner: object | null, device: number): number {
    let sum = 0;
    for (const [holder, claim] of this.#claims) if (holder !== owner && claim.device === device) sum += claim.bytes;
    return sum;
  }
}
