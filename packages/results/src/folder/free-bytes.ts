/**
 * Bytes free for whoever writes to this folder, or to the nearest one above it that exists: ours are made when they are needed.
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
