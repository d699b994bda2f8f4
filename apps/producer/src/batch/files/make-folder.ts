/**
 * Creates a folder for results and checks that it takes files, before anything is enqueued: a video that will be paid for must have a place. If the
 * disk fills or disappears later, the worker waits for it.
 */
import { access, constants } from 'node:fs/promises';
import { makePath } from '@dailies/results';
import { complainOfFolder } from '../../folder-complaint.ts';

/** `option`: the option that names another folder. */
export async function makeFolder(folder: string, option = '--out'): Promise<void> {
  try {
    await makePath(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    complainOfFolder(error, folder, option);
  }
}
