/**
 * Keeps simulated and real results apart. Ids are the same in both, so a file that `--simulate` made could be taken for the download of a real
 * video. A folder therefore holds either simulated or real results. A real run moves simulated results aside; a simulated run stays out of a
 * folder with real ones. It must never move anything aside that does not come from the simulation.
 */
import { access, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../store-error.ts';
import { makePath } from './make-path.ts';

export type FolderClaim =
  | { outcome: 'ours' }
  /** The folder that the simulated results were moved to. */
  | { outcome: 'moved'; aside: string }
  /** Nothing may be written there. */
  | { outcome: 'refused'; why: string };

const MARK = '.simulated';

/** Claims under way, by folder. A second claim joins the first: otherwise it would move away the folder that the first has begun to fill. */
const underWay = new Map<string, Promise<FolderClaim>>();

export function claimFolder(folder: string, simulated: boolean): Promise<FolderClaim> {
  const key = `${simulated ? 'simulated' : 'real'} ${folder}`;
  const claimed = underWay.get(key) ?? claim(folder, simulated).finally(() => underWay.delete(key));
  underWay.set(key, claimed);
  return claimed;
}

/** Whether the folder holds simulated results. Changes nothing. */
export function isSimulatedFolder(folder: string): Promise<boolean> {
  return isThere(join(folder, MARK));
}

async function claim(folder: string, simulated: boolean): Promise<FolderClaim> {
  const isMarked = await isSimulatedFolder(folder);
  if (isMarked === simulated) return { outcome: 'ours' };
  const names = await namesIn(folder);
  if (!simulated) return moveAside(folder, names);
  if (names.some(isResult)) return { outcome: 'refused', why: `${folder} holds real results` };
  await makePath(folder);
  await writeFile(join(folder, MARK), 'The videos in this folder are samples of the simulator.\n');
  return { outcome: 'ours' };
}

async function moveAside(folder: string, names: readonly string[]): Promise<FolderClaim> {
  // A folder with other things in it (a person's own, or several batches) is not ours to move.
  const other = names.find((name) => !OF_RESULTS.test(name));
  if (other !== undefined) {
    return { outcome: 'refused', why: `${folder} holds simulated results beside other things (${other}), and is not moved aside for that` };
  }
  const aside = await freeName(`${folder}-simulated`);
  // Another process may have moved the folder meanwhile, and what stands there now may be real.
  if (!(await isThere(join(folder, MARK)))) return { outcome: 'ours' };
  try {
    await rename(folder, aside);
  } catch (error) {
    // Another process has moved it at this moment.
    if (codeOf(error) === 'ENOENT') return { outcome: 'ours' };
    throw error;
  }
  return { outcome: 'moved', aside };
}

/** Names that Dailies gives to files in a folder of results: videos, pictures, what was kept beside them, manifests, the contact sheet, temporary files. */
const OF_RESULTS = /^(manifest\.(jsonl|csv)|index\.html|\.simulated|\.DS_Store|\.(manifest|index|dailies-).*|.*\.(mp4|jpe?g|png|webp|gif|part)(\.kept(-\d+)?)?)$/i;

function isResult(name: string): boolean {
  return name === 'manifest.jsonl' || /\.(mp4|part)$/i.test(name);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function freeName(name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!(await isThere(candidate))) return candidate;
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
