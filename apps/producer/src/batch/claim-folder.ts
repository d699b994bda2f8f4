/**
 * Real and simulated results never share a folder (packages/results/src/folder/claim-folder.ts): said to a person before anything is enqueued.
 */
import { claimFolder as claim } from '@dailies/results';
import { Complaint } from '../complaint.ts';
import { makeFolder } from './make-folder.ts';

/** Answers where simulated results were moved to, if there were any. */
export async function claimFolder(folder: string, simulated: boolean): Promise<string | null> {
  if (simulated) await makeFolder(folder);
  const claimed = await claim(folder, simulated);
  if (claimed.outcome === 'ours') return null;
  if (claimed.outcome === 'moved') return claimed.aside;
  throw new Complaint(simulated ? `${claimed.why}. A simulated run needs another folder: add --out FOLDER.` : `${claimed.why}. Choose another folder, or take out what was simulated and .simulated.`);
}
