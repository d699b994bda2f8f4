/**
 * A simulated video must never stand for a real one, and ids are the same in both: a file of `--simulate` would be taken for the download
 * of a real one. So a folder belongs to the one or the other, whoever writes there. What is real moves the simulated aside; what is
 * simulated keeps out. It must never move anything aside that is not of the simulation.
 */
import { access, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../store-error.ts';
import { makePath } from './make-path.ts';

export type FolderClaim =
  | { outcome: 'ours' }
  /** What was simulated is there now. */
  | { outcome: 'moved'; aside: string }
  /** Nothing may be written there. */
  | { outcome: 'refused'; why: string };

const MARK = '.simulated';

/** By folder. Two at once are one: who had seen the mark would move away what the other one has begun since. */
const underWay = new Map<string, Promise<FolderClaim>>();

export function claimFolder(folder: string, simulated: boolean): Promise<FolderClaim> {
  const key = `${simulated ? 'simulated' : 'real'} ${folder}`;
  const claimed = underWay.get(key) ?? claim(folder, simulated).finally(() => underWay.delete(key));
  underWay.set(key, claimed);
  return claimed;
}

/** Whose it is now, for those who only look. */
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
  // A folder of a person's own things, or one of several batches: it is not ours to move.
  const other = names.find((name) => !OF_RESULTS.test(name));
  if (other !== undefined) {
    return { outcome: 'refused', why: `${folder} holds simulated results beside other things (${other}), and is not moved aside for that` };
  }
  const aside = await freeName(`${folder}-simulated`);
  // Another process may have moved it meanwhile, and what stands there now be real.
  if (!(await isThere(join(folder, MARK)))) return { outcome: 'ours' };
  try {
    await rename(folder, aside);
  } catch (error) {
    // Somebody else has moved it at this moment.
    if (codeOf(error) === 'ENOENT') return { outcome: 'ours' };
    throw error;
  }
  return { outcome: 'moved', aside };
}

/** What stands in a folder of results: videos and pictures, manifests, the contact sheet, and what a write leaves for a moment. */
const OF_RESULTS = /^(manifest\.(jsonl|csv)|index\.html|\.simulated|\.DS_Store|\.(manifest|index|dailies-).*|.*\.(mp4|jpe?g|png|webp|gif|part))$/i;

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
