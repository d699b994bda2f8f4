/**
 * A simulated video must never stand for a real one, and ids are the same in both: a file of `--simulate` would be taken for the download
 * of a real run. So a folder belongs to the one or the other. A real run moves what was simulated aside; a simulated one keeps out.
 */
import { access, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Complaint } from '../complaint.ts';
import { makeFolder } from './make-folder.ts';

const MARK = '.simulated';

/** Answers where simulated results were moved to, if there were any. */
export async function claimFolder(folder: string, simulated: boolean): Promise<string | null> {
  const marked = await exists(path.join(folder, MARK));
  if (simulated) {
    if (!marked && (await exists(path.join(folder, 'manifest.jsonl')))) {
      throw new Complaint(`${folder} holds real results. A simulated run needs another folder: add --out FOLDER.`);
    }
    await makeFolder(folder);
    await writeFile(path.join(folder, MARK), 'The videos in this folder are samples of the simulator.\n');
    return null;
  }
  if (!marked) return null;
  const aside = await freeName(`${folder}-simulated`);
  await rename(folder, aside);
  return aside;
}

async function freeName(name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!(await exists(candidate))) return candidate;
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
