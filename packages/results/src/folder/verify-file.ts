/**
 * Whether a file is still the one that was stored. Throws a `StoreError` when it cannot be read: then it is not known whether it is damaged.
 */
import { stat } from 'node:fs/promises';
import { sha256Of } from '../checksum.ts';
import { isAbsentOnDisk, readFault } from '../store-error.ts';

export async function verifyFile(path: string, stored: { sha256: string; bytes: number }): Promise<'ok' | 'missing' | 'damaged'> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size !== stored.bytes) return 'damaged';
    return (await sha256Of(path)) === stored.sha256 ? 'ok' : 'damaged';
  } catch (error) {
    if (isAbsentOnDisk(error)) return 'missing';
    throw readFault(error, path);
  }
}
