/**
 * The folders that files of the same name, at other paths, have left in OUT_DIR: `film-abc234` beside `film-xyz567`. Where a project was copied to another
 * machine, or its ledger was lost, they are all that tells of what is paid for. Real results only; what is in a bucket is not looked through.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isBucketPlace, isSimulatedFolder, type Results } from '@dailies/results';
import { isOfSameFileName } from '../../input/index.ts';

/** The newest first, `most` of them. `batch`: the default name of the file's own batch. */
export async function foldersElsewhere(results: Results, batch: string, most: number): Promise<string[]> {
  const parent = results.place();
  if (isBucketPlace(parent)) return [];
  const names = (await readdir(parent).catch(() => [])).filter((name) => name !== batch && isOfSameFileName(name, batch));
  const found = await Promise.all(names.map(async (name) => ({ folder: path.join(parent, name), at: await writtenAt(path.join(parent, name)) })));
  return found.filter(({ at }) => at > 0).toSorted((a, b) => b.at - a.at).slice(0, most).map(({ folder }) => folder);
}

/** When its manifest was written; 0: it has none, or is simulated. */
async function writtenAt(folder: string): Promise<number> {
  const manifest = await stat(path.join(folder, 'manifest.jsonl')).catch(() => null);
  return manifest === null || (await isSimulatedFolder(folder)) ? 0 : manifest.mtimeMs;
}
