/** A Complaint about a folder that is none, or that this user may not write: names the folder, the reason, and the option for another. */
import { Complaint } from './complaint.ts';

export function complainOfFolder(error: unknown, folder: string, option: string): never {
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? ABSENT[syscall] : syscall === 'link' && NO_HARD_LINKS.has(code) ? 'its disk has no hard links' : REASONS[code];
  // EACCES can also come from a program that may not be started.
  if (reason === undefined || syscall.startsWith('spawn')) throw error;
  throw new Complaint(`${folder} cannot be used: ${reason}. Name a folder that can be written with ${option}. Nothing was done.`);
}

/** Reasons for ENOENT by system call. A folder that is merely missing is created by the code that needs it. */
const ABSENT: Readonly<Record<string, string>> = {
  stat: 'it is, or lies below, a link to what is not there',
  mkdir: 'no folder can be made there',
};

/** What a disk without hard links (FAT, exFAT, many network disks) answers to `link`. */
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its disk can only be read',
};
