/**
 * Bytes that an unprivileged process may still write to this folder's disk. If the folder does not exist yet, the nearest existing parent is asked.
 */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFault, isAbsentOnDisk } from '../store-error.ts';

export async function freeBytesNear(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    if (!isAbsentOnDisk(error) || parent === folder) throw diskFault(error, folder);
    return freeBytesNear(parent);
  }
}
