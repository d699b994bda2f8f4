/**
 * Turns a finished part file into the final one, so that two deliveries of one generation end with one whole file.
 * The final name appears only with everything behind it, and a whole file under it is never exchanged for another.
 */
import { link, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AssetError, codeOf, diskError } from './asset-error.ts';
import { inspectMedia, type Expected, type MediaFacts } from './media-file.ts';
import { sha256Of } from './verify-file.ts';

export interface StoredMedia extends MediaFacts {
  sha256: string;
  bytes: number;
}

export interface Place {
  /** The final path. */
  path: string;
  expect: Expected;
  /** What the ledger says was stored there before. A file with another checksum is damaged, however whole it looks. */
  recorded?: { sha256: string } | undefined;
}

/** Resolves to what now stands under the final name: ours, or the whole file that another delivery put there first. */
export async function publish(partPath: string, ours: StoredMedia, place: Place): Promise<StoredMedia> {
  try {
    const standing = await linkIfAbsent(partPath, ours, place);
    await syncFolder(dirname(place.path));
    await removeLeftovers(place.path);
    return standing;
  } catch (error) {
    throw diskError(error, place.path);
  }
}

/** The whole file that stands under the final name already, if there is one. */
export async function standingFile(place: Place, alsoTrusted?: string): Promise<StoredMedia | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(place.path, 'r');
    const found = await file.stat();
    if (!found.isFile()) throw new AssetError('disk', `${place.path} is in the way: it is not a file. Move it away.`);
    const facts = await inspectMedia(file, place.expect, place.path);
    const sha256 = await sha256Of(place.path);
    const trusted = place.recorded === undefined || sha256 === place.recorded.sha256 || sha256 === alsoTrusted;
    return trusted ? { ...facts, sha256, bytes: found.size } : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || (error instanceof AssetError && error.cause === 'not-a-video')) return undefined;
    throw diskError(error, place.path);
  } finally {
    await file?.close();
  }
}

async function linkIfAbsent(partPath: string, ours: StoredMedia, place: Place): Promise<StoredMedia> {
  try {
    await link(partPath, place.path);
    await rm(partPath, { force: true });
    return ours;
  } catch (error) {
    const code = codeOf(error) ?? '';
    // EEXIST: another delivery was first. ENOENT: another one was first and has swept our part away, or the folder is gone.
    // The others: this file system has no hard links.
    if (code !== 'EEXIST' && code !== 'ENOENT' && !NO_HARD_LINKS.has(code)) throw error;
    const standing = await standingFile(place, ours.sha256);
    if (standing !== undefined) return standing;
    await rename(partPath, place.path);
    return ours;
  }
}

const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/** Parts that a killed process left. Another delivery that is still writing one finds our file when it is done, and adopts it. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && name.endsWith('.part')) await rm(join(folder, name), { force: true });
  }
}

/** Makes the new name survive a power cut. Some file systems cannot; they are not worse off. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

const NO_FOLDER_SYNC: ReadonlySet<string> = new Set(['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP', 'EBADF']);
