/**
 * The stored files of a generation, as far as they are in a folder that this machine can read. A name is served only when the ledger names it
 * for this generation, and by the type its ending says: nothing that a browser would run.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Generation } from '@dailies/queue';

const TYPES: Record<string, string> = {
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mov': 'video/quicktime',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.gif': 'image/gif',
};

export interface LocalFile {
  path: string;
  type: string;
}

/** Null: it has no such file, or it is not on this machine. */
export async function localFile({ folder, files }: Generation, name: string): Promise<LocalFile | null> {
  const stored = files?.find(({ file }) => file === name);
  const type = TYPES[path.extname(name).toLowerCase()];
  if (stored === undefined || type === undefined || folder === undefined || path.basename(name) !== name) return null;
  const full = path.join(folder, name);
  const found = await stat(full).catch(() => null);
  return found?.isFile() === true ? { path: full, type } : null;
}
