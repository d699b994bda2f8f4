/**
 * Writes a file so that its name always means a whole one: beside it, onto the disk, then in its place in one step.
 * It must never leave its helper file behind, but for a process that is killed; the next write sweeps that one away.
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Characters gathered before a write. */
const GATHER = 1 << 18;
/** A helper file this old belongs to nobody that is still writing. */
const STALE_MS = 10 * 60_000;

export async function writeWhole(path: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  const helper = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(helper, 'wx');
    try {
      await writeAll(file, pieces);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(helper, path);
  } catch (error) {
    await rm(helper, { force: true });
    throw error;
  }
  await sweep(path);
}

async function writeAll(file: FileHandle, pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
  let gathered = '';
  for await (const piece of pieces) {
    gathered += piece;
    if (gathered.length < GATHER) continue;
    await file.writeFile(gathered);
    gathered = '';
  }
  await file.writeFile(gathered);
}

async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`.${basename(path)}.`) || !name.endsWith('.tmp')) continue;
    const left = join(folder, name);
    const age = Date.now() - (await stat(left).then(({ mtimeMs }) => mtimeMs, () => Date.now()));
    if (age > STALE_MS) await rm(left, { force: true });
  }
}
