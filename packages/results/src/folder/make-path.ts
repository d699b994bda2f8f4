/**
 * Makes a folder with all that leads to it, a step at a time. Never with Node's own `recursive`: that loops for ever, beyond any signal but
 * SIGKILL, where a folder that is there answers ENOENT to a new one in it, as /proc does and a mount point of an automounter may.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../store-error.ts';

/** A link to what is not there is thrown as an ENOENT of `stat`; a folder that takes no new one, as one of `mkdir`. */
export async function makePath(path: string, mode = 0o777): Promise<void> {
  const folder = resolve(path);
  try {
    await makeStep(folder, mode);
  } catch (error) {
    const parent = dirname(folder);
    if (codeOf(error) !== 'ENOENT' || !isOfMkdir(error) || parent === folder) throw error;
    await makePath(parent, mode);
    await makeStep(folder, mode);
  }
}

/** Systems differ in what they say of a folder that is there: EEXIST, EISDIR, EPERM, EROFS. */
async function makeStep(folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') throw error;
    if (!(await isFolder(folder, error))) throw error;
  }
}

async function isFolder(path: string, refusal: unknown): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    // Where nothing may be made, nothing need be there.
    throw codeOf(refusal) === 'EEXIST' ? error : refusal;
  }
}

function isOfMkdir(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'mkdir';
}
