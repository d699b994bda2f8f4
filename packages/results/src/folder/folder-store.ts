/**
 * Results in a local folder. A place is an absolute path, and parts are written beside the final files, so that publishing is a link.
 * It must never leave anything under a final name that is not whole.
 */
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256Of } from '../checksum.ts';
import type { Part, PutRules, ResultFacts, ResultStore, Standing } from '../result-store.ts';
import { StoreError, codeOf, diskFault, isAbsentOnDisk, readFault } from '../store-error.ts';
import { freeBytesNear } from './free-bytes.ts';
import { makePath } from './make-path.ts';
import { removeParts, removePartsNow } from './parts.ts';
import { syncFolder } from './sync-folder.ts';
import { verifyFile } from './verify-file.ts';

/** `home`: the folder that results go to by default. `freeBytes` measures its disk. */
export function openFolderStore(home: string): ResultStore {
  return {
    kind: 'folder',
    staging: (place) => place,
    prepare: (place) => onDisk(place, () => made(place)),
    standing: (place, name) => standingAt(join(place, name)),
    async put(place, name, part, rules = {}) {
      const path = join(place, name);
      return onDisk(path, async () => {
        const standing = await linkIfAbsent(part, path, rules);
        // The part is to get another name.
        if (standing.isAnothers === true) return standing;
        await syncFolder(dirname(path));
        await removeParts(place, name);
        return standing;
      });
    },
    async replace(place, name, file) {
      const path = join(place, name);
      await onDisk(path, async () => {
        await rename(file.path, path);
        await syncFolder(place);
      });
    },
    stat: (place, name) => factsOf(join(place, name)),
    verify: (place, name, stored) => verifyFile(join(place, name), stored),
    async read(place, name, range) {
      const path = join(place, name);
      const file = await opened(path);
      if (file === null) return null;
      try {
        const found = await file.stat();
        if (!found.isFile()) throw inTheWay(path);
        const facts = factsFrom(found);
        const body = createReadStream(path, { fd: file, highWaterMark: 1 << 18, ...(range === undefined ? { start: 0 } : range) });
        return { ...facts, body };
      } catch (error) {
        await file.close();
        throw readFault(error, path);
      }
    },
    link: async () => null,
    remove: (place, name) => onDisk(join(place, name), () => rm(join(place, name), { force: true })),
    removeLeftovers: (place, name) => onDisk(place, () => removePartsNow(place, name)),
    dropUnfinished: async () => 0,
    freeBytes: () => freeBytesNear(home),
    close: () => undefined,
  };
}

/** When each folder was last created or found (epoch ms). Many files go into one folder, which seldom disappears between two of them. */
const madeAt = new Map<string, number>();
const MADE_FOR_MS = 1_000;
const MOST_FOLDERS = 100;

async function made(folder: string): Promise<void> {
  if (Date.now() - (madeAt.get(folder) ?? 0) < MADE_FOR_MS) return;
  await makePath(folder);
  madeAt.delete(folder);
  madeAt.set(folder, Date.now());
  const [oldest] = madeAt.keys();
  if (madeAt.size > MOST_FOLDERS && oldest !== undefined) madeAt.delete(oldest);
}

async function standingAt(path: string): Promise<Standing | null> {
  const file = await opened(path);
  if (file === null) return null;
  try {
    const found = await file.stat();
    if (!found.isFile()) throw inTheWay(path);
    await sameName(path);
    return { sha256: await sha256Of(path), bytes: found.size, tags: {}, path };
  } catch (error) {
    if (isAbsentOnDisk(error)) return null;
    throw readFault(error, path);
  } finally {
    await file.close();
  }
}

/** Throws when the file is another one's. On a disk that ignores case (macOS, Windows), the video of `Fox` is found under the name of `fox`, too. */
async function sameName(path: string): Promise<void> {
  const [name, names] = [basename(path), await readdir(dirname(path))];
  const other = names.includes(name) ? undefined : names.find((one) => one.toLowerCase() === name.toLowerCase());
  if (other === undefined) return;
  const remedy = 'Move that away, or results to a disk that tells capitals from small letters.';
  throw new StoreError('disk', `${path} is in the way: this disk takes it for ${other}, which is another one's. ${remedy}`);
}

async function linkIfAbsent(part: Part, path: string, { isWanted, unwanted = () => 'replace' }: PutRules): Promise<Standing> {
  const ours: Standing = { sha256: part.sha256, bytes: part.bytes, contentType: part.contentType, tags: {}, path, isPart: true };
  try {
    await link(part.path, path);
    // Another delivery that removes leftovers may have removed it already.
    await unlink(part.path).catch(unlessAbsent);
    return ours;
  } catch (error) {
    const code = codeOf(error) ?? '';
    // EEXIST: another delivery was first. ENOENT: another delivery was first and has removed our part, or the folder is gone.
    // The other codes: this file system has no hard links.
    if (code !== 'EEXIST' && code !== 'ENOENT' && !NO_HARD_LINKS.has(code)) throw error;
    const standing = await standingAt(path);
    if (standing !== null && (standing.sha256 === part.sha256 || (await isWanted?.(standing)) === true)) return standing;
    const fate = standing === null ? 'replace' : unwanted(standing);
    if (standing !== null && fate === 'leave') return { ...standing, isAnothers: true };
    const kept = fate === 'keep' ? await keep(path) : undefined;
    try {
      await rename(part.path, path);
    } catch (error) {
      // Nothing was replaced, and the next try keeps it again.
      if (kept !== undefined) await rm(kept, { force: true });
      throw error;
    }
    return { ...ours, kept: kept === undefined ? undefined : basename(kept) };
  }
}

/**
 * Answers another path that the file has from now on, beside its own. No file of ours ends like it. It is not moved there: another delivery that does the
 * same would move our file, or replace what was kept.
 */
async function keep(path: string): Promise<string | undefined> {
  for (let number = 1; ; number += 1) {
    const aside = number === 1 ? `${path}.kept` : `${path}.kept-${number}`;
    try {
      await linkOrCopy(path, aside);
      return aside;
    } catch (error) {
      if (isAbsentOnDisk(error)) return undefined;
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function linkOrCopy(path: string, to: string): Promise<void> {
  try {
    await link(path, to);
  } catch (error) {
    if (!NO_HARD_LINKS.has(codeOf(error) ?? '')) throw error;
    await copyFile(path, to, constants.COPYFILE_EXCL);
  }
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

async function factsOf(path: string): Promise<ResultFacts | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? factsFrom(found) : null;
  } catch (error) {
    if (isAbsentOnDisk(error)) return null;
    throw readFault(error, path);
  }
}

/** A file under a final name is never written to, only exchanged for another file. So its inode and time identify its content. */
function factsFrom({ size, mtimeMs, ino }: { size: number; mtimeMs: number; ino: number }): ResultFacts {
  return { bytes: size, modifiedAt: mtimeMs, etag: `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"` };
}

/** With the code of reading a folder. */
function inTheWay(path: string): StoreError {
  return new StoreError('disk', `${path} is in the way: it is not a file. Move it away.`, 'EISDIR');
}

async function opened(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isAbsentOnDisk(error)) return null;
    throw readFault(error, path);
  }
}

function unlessAbsent(error: unknown): void {
  if (!isAbsentOnDisk(error)) throw error;
}

async function onDisk<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw diskFault(error, path);
  }
}
