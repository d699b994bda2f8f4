/**
 * Whether a stored file is still the one that was stored. It reads the whole file, in pieces.
 * It must never call a file damaged because it could not be read: that is thrown, since fetching it again would not help.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { codeOf } from './asset-error.ts';

export async function verifyFile(path: string, stored: { sha256: string; bytes: number }): Promise<'ok' | 'missing' | 'damaged'> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size !== stored.bytes) return 'damaged';
    return (await sha256Of(path)) === stored.sha256 ? 'ok' : 'damaged';
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 'missing';
    throw error;
  }
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
