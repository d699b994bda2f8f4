/**
 * Claims a folder for real or simulated results, which never share one (packages/results/src/folder/claim-folder.ts), and which never replace a
 * person's own files. A refusal is reported before anything is enqueued.
 */
import { claimFolder as claim, isBucketPlace, openFolderStore } from '@dailies/results';
import { Complaint } from '../../complaint.ts';
import type { Terminal } from '../../terminal.ts';
import { makeFolder } from './make-folder.ts';
import { refuseForeign } from './refuse-foreign.ts';

/**
 * Says where simulated results were moved to, if there were any. Simulated results never go to a bucket, so a bucket needs no claim; whether its pages
 * are ours is checked where its manifest is read (intake/recall.ts). `option`: the option that names another folder.
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
