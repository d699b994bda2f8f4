/**
 * Removes the parts that killed processes left: `<name>.<delivery>.part`, beside the final file or in the staging folder of a bucket.
 * The folder is not listed for every file: with ten thousand videos in it, a list costs more than the download.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsentOnDisk } from '../store-error.ts';

/**
 * A part that is younger than the list is overlooked. The part of a killed delivery is not: the next delivery comes only after the job's lock has
 * expired, which takes longer than a list is used. Where it comes sooner, or somebody is known to have died, `removePartsNow` is for that.
 */
const SHORTEST_LIFE_MS = 500;
const LONGEST_LIFE_MS = 5_000;
/** A list is used for this many times the time that it took to make. */
const LIFE_TO_COST = 50;
const MOST_FOLDERS = 100;

interface List {
  parts: Promise<string[]>;
  until: number;
}

const lists = new Map<string, List>();

/** Called after each file. Uses the last list, which may be a little old. */
export async function removeParts(folder: string, name: string): Promise<void> {
  await removeThose(folder, name, await partsIn(folder));
}

/** Called when a process is known to have died. Lists the folder anew. */
export async function removePartsNow(folder: string, name: string): Promise<void> {
  await removeThose(folder, name, await listed(folder));
}

/** Removes those that nobody has written to since then (epoch ms), whatever their names: their files may have got another name, or none at all. */
export async function removeStaleParts(folder: string, before: number): Promise<void> {
  for (const name of await listed(folder).catch(ifAbsent<string[]>([]))) {
    const path = join(folder, name);
    const found = await stat(path).catch(ifAbsent(null));
    if (found !== null && found.mtimeMs < before) await rm(path, { force: true });
  }
}

/** Another process may have removed it meanwhile. */
function ifAbsent<T>(none: T): (error: unknown) => T {
  return (error) => {
    if (isAbsentOnDisk(error)) return none;
    throw error;
  };
}

async function removeThose(folder: string, name: string, parts: readonly string[]): Promise<void> {
  const prefix = `${name}.`;
  for (const found of parts) if (found.startsWith(prefix)) await rm(join(folder, found), { force: true });
}

function partsIn(folder: string): Promise<string[]> {
  const known = lists.get(folder);
  if (known !== undefined && Date.now() < known.until) return known.parts;
  const from = Date.now();
  const list: List = { parts: listed(folder), until: Infinity };
  list.parts.then(
    () => (list.until = Date.now() + lifeOf(Date.now() - from)),
    () => lists.delete(folder),
  );
  lists.set(folder, list);
  const [oldest] = lists.keys();
  if (lists.size > MOST_FOLDERS && oldest !== undefined) lists.delete(oldest);
  return list.parts;
}

/** For how many milliseconds a list is used that took `tookMs` to make. */
function lifeOf(tookMs: number): number {
  return Math.min(LONGEST_LIFE_MS, Math.max(SHORTEST_LIFE_MS, tookMs * LIFE_TO_COST));
}

async function listed(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.part'));
}
