/**
 * Parts that killed processes left: `<name>.<delivery>.part`, beside the final file or in the staging folder of a bucket.
 * A folder is listed now and then, not for every file: with ten thousand videos in it that would cost more than the download.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A part that is younger than the list may be overlooked. That of a killed delivery is not: the next delivery comes only after the lock of the
 * job has ended, and that is longer.
 */
const SHORTEST_LIFE_MS = 500;
const LONGEST_LIFE_MS = 5_000;
/** A list may be used for so many times as long as it took to make. */
const LIFE_TO_COST = 50;
const MOST_FOLDERS = 100;

interface List {
  parts: Promise<string[]>;
  until: number;
}

const lists = new Map<string, List>();

/** After each file: by the last list, which may be a little old. */
export async function removeParts(folder: string, name: string): Promise<void> {
  await removeThose(folder, name, await partsIn(folder));
}

/** Where somebody is known to have died: by a list of now. */
export async function removePartsNow(folder: string, name: string): Promise<void> {
  await removeThose(folder, name, await listed(folder));
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

/** Milliseconds, of a list that took so many to make. */
function lifeOf(tookMs: number): number {
  return Math.min(LONGEST_LIFE_MS, Math.max(SHORTEST_LIFE_MS, tookMs * LIFE_TO_COST));
}

async function listed(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.part'));
}
