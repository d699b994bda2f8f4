/**
 * Real and simulated results never share a folder (packages/results/src/folder/claim-folder.ts): said to a person before anything is enqueued.
 */
import { claimFolder as claim, isBucketPlace } from '@dailies/results';
import { Complaint } from '../../complaint.ts';
import type { Terminal } from '../../terminal.ts';
import { makeFolder } from './make-folder.ts';

/** Says where simulated results were moved to, if there were any. Nothing simulated ever goes to a bucket, so that has nothing to claim. */
export async function claimFolder({ terminal }: { terminal: Pick<Terminal, 'say'> }, folder: string, simulated: boolean): Promise<void> {
  if (isBucketPlace(folder)) return;
  if (simulated) await makeFolder(folder);
  const claimed = await claim(folder, simulated);
  if (claimed.outcome === 'moved') terminal.say(`${folder} held simulated results. They are in ${claimed.aside} now.`);
  if (claimed.outcome !== 'refused') return;
  const remedy = simulated
    ? 'A simulated run needs another folder: add --out FOLDER.'
    : 'Choose another folder, or take out what was simulated and .simulated.';
  throw new Complaint(`${claimed.why}. ${remedy}`);
}
