/**
 * Makes a folder for results and makes sure that it takes files, before anything is enqueued: what will be paid for must have a place. A disk that
 * fills or goes away later is waited for by the worker.
 */
import { access, constants } from 'node:fs/promises';
import { makePath } from '@dailies/results';
import { complainOfFolder } from '../../folder-complaint.ts';

/** `option`: what names another folder. */
export async function makeFolder(folder: string, option = '--out'): Promise<void> {
  try {
    await makePath(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    complainOfFolder(error, folder, option);
  }
}
