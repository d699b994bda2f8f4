/**
 * Real and simulated results never share a folder (packages/results/src/folder/claim-folder.ts), and neither replaces what is a person's own:
 * said to a person before anything is enqueued.
 */
import { claimFolder as claim, isBucketPlace, openFolderStore } from '@dailies/results';
import { Complaint } from '../../complaint.ts';
import type { Terminal } from '../../terminal.ts';
import { makeFolder } from './make-folder.ts';
import { refuseForeign } from './refuse-foreign.ts';

/**
 * Says where simulated results were moved to, if there were any. Nothing simulated ever goes to a bucket, so that has nothing to claim; whose the
 * pages are there is asked where its manifest is read (intake/recall.ts). `option`: what names another folder.
 */
export async function claimFolder(
  { terminal }: { terminal: Pick<Terminal, 'say'> },
  folder: string,
  simulated: boolean,
  option = '--out',
): Promise<void> {
  if (isBucketPlace(folder)) return;
  await refuseForeign({ at: openFolderStore }, folder, option);
  if (simulated) await makeFolder(folder, option);
  const claimed = await claim(folder, simulated);
  if (claimed.outcome === 'moved') terminal.say(`${folder} held simulated results. They are in ${claimed.aside} now.`);
  if (claimed.outcome !== 'refused') return;
  const remedy = simulated
    ? `What is simulated needs another folder: add ${option} FOLDER.`
    : 'Choose another folder, or take out what was simulated and .simulated.';
  throw new Complaint(`${claimed.why}. ${remedy}`);
}
