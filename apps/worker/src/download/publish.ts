/**
 * Turns a finished part into the file under its final name, in whatever store, so that two deliveries of one generation end with one whole
 * file. What stands there already is adopted only if it has a checksum that the ledger noted, or that of the part. Anything else may be a person's own, or
 * the paid video of another ledger with the same ids: it must never be taken for ours, nor be lost.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { StoreError, sizeFrom, tagsOf, type ResultStore, type Standing, type Unwanted } from '@dailies/results';
import { AssetError, diskError, storeFault } from './asset-error.ts';
import { inspectMedia, type Expected, type MediaFacts } from './media-file.ts';
import type { PartFile } from './part-file.ts';

export interface StoredMedia extends MediaFacts {
  sha256: string;
  bytes: number;
  /** Another file stood under its name, and has this name now. */
  kept?: string;
}

export interface Place {
  store: ResultStore;
  /** A folder, or `s3://…`. */
  folder: string;
  name: string;
  expect: Expected;
  /** What the ledger says was stored under this name before. A file with another checksum is damaged, however whole it looks, or is another's. */
  recorded?: Known | undefined;
  /** What was recorded stood in another folder: nothing is known of what stands here. */
  isElsewhere?: boolean | undefined;
  /** What the ledger says was about to be stored under this name: a delivery may have been killed when it had done that. */
  storing?: Known | undefined;
}

interface Known {
  sha256: string;
  bytes: number;
}

/** Resolves to what now stands under the final name: ours, or the same file that another delivery put there first. `taken`: another's stands there. */
export async function publish(part: PartFile, ours: StoredMedia, place: Place, signal: AbortSignal): Promise<StoredMedia | 'taken'> {
  const { store, folder, name } = place;
  const { sha256, bytes, contentType } = ours;
  let adopted: StoredMedia | undefined;
  const isWanted = async (standing: Standing): Promise<boolean> => {
    adopted = await judge(standing, place, ours);
    return adopted !== undefined;
  };
  try {
    const rules = { isWanted, unwanted: (standing: Standing) => fateOf(standing, place), signal };
    const standing = await store.put(folder, name, { path: part.path, sha256, bytes, contentType, tags: tagsOf(ours) }, rules);
    if (standing.isAnothers === true) return 'taken';
    if (standing.isPart === true) part.isPublished = true;
    if (standing.kept !== undefined) return { ...ours, kept: standing.kept };
    return isSame(standing, ours) ? ours : (adopted ?? ours);
  } catch (error) {
    throw faultOf(error, part.path);
  }
}

/** The whole file that stands under the final name already, if there is one. `unknown`: something of which the ledger has no note. */
export async function standingFile(place: Place): Promise<StoredMedia | 'unknown' | undefined> {
  try {
    const standing = await place.store.standing(place.folder, place.name);
    if (standing === null) return undefined;
    return (await judge(standing, place)) ?? (place.recorded === undefined ? 'unknown' : undefined);
  } catch (error) {
    throw faultOf(error, place.folder);
  }
}

/** Parts that a killed process left. Another delivery that is still writing one finds our file when it is done, and adopts it. */
export async function removeLeftovers({ store, folder, name }: Place): Promise<void> {
  try {
    await store.removeLeftovers(folder, name);
  } catch (error) {
    throw faultOf(error, folder);
  }
}

/**
 * What was recorded under this name, and differs, is damaged, or another ledger's that came when ours was gone: of a file nobody can tell. The checksum
 * that an object says of itself tells of another video.
 */
function fateOf({ path, sha256, tags }: Standing, { recorded, isElsewhere = false }: Place): Unwanted {
  if (recorded === undefined) return 'leave';
  if (path !== undefined) return 'keep';
  return !isElsewhere && (tags['sha256'] === undefined || sha256 === recorded.sha256) ? 'replace' : 'leave';
}

async function judge(standing: Standing, { expect, recorded, storing }: Place, ours?: StoredMedia): Promise<StoredMedia | undefined> {
  const { sha256, bytes } = standing;
  if (![recorded, storing, ours].some((known) => known !== undefined && isSame(standing, known))) return undefined;
  const facts = standing.path === undefined ? factsOf(standing, expect) : await inspected(standing.path, expect);
  return facts === undefined ? undefined : { ...facts, sha256, bytes };
}

/** By its size too: in a bucket the checksum is only what was said of the object when it was stored, and with another size it is not true. */
function isSame({ sha256, bytes }: Standing, known: Known): boolean {
  return sha256 === known.sha256 && bytes === known.bytes;
}

async function inspected(path: string, expect: Expected): Promise<MediaFacts | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await inspectMedia(file, expect, path);
  } catch (error) {
    if (error instanceof AssetError && error.cause === 'not-a-video') return undefined;
    throw diskError(error, path);
  } finally {
    await file?.close();
  }
}

/** A bucket has nothing under this name but what was inspected before it was sent; its facts travel as metadata. */
function factsOf({ contentType, tags }: Standing, expect: Expected): MediaFacts | undefined {
  if (contentType?.startsWith(`${expect}/`) !== true) return undefined;
  return { contentType, ...sizeFrom(tags) };
}

function faultOf(error: unknown, path: string): AssetError {
  return error instanceof StoreError ? storeFault(error) : diskError(error, path);
}
