/**
 * Makes the folder of a run and makes sure that it takes files, before anything is enqueued: what will be paid for must have a place. A disk that
 * fills or goes away later is waited for by the worker.
 */
import { access, constants, mkdir } from 'node:fs/promises';
import { Complaint } from '../complaint.ts';

export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Complaint(`${folder} cannot take results: ${REASONS[code ?? ''] ?? message}. Name a folder that can be written, with --out FOLDER. Nothing was enqueued.`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its disk can only be read',
};
