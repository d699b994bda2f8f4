/** A folder that this user may not write, or that is none, in words that name it, the reason and what names another. Other faults are thrown on. */
import { Complaint } from './complaint.ts';

export function complainOfFolder(error: unknown, folder: string, option: string): never {
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? ABSENT[syscall] : REASONS[code];
  // A program that may not be started says EACCES too.
  if (reason === undefined || syscall.startsWith('spawn')) throw error;
  throw new Complaint(`${folder} cannot be used: ${reason}. Name a folder that can be written with ${option}. Nothing was done.`);
}

/** A folder that is only missing is made: by what asked for it. */
const ABSENT: Readonly<Record<string, string>> = {
  stat: 'it is, or lies below, a link to what is not there',
  mkdir: 'no folder can be made there',
};

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its disk can only be read',
};
