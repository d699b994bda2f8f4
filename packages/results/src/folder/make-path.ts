/**
 * Creates a folder and its missing parents, one step at a time. It must never use Node's own `recursive` option: that loops for ever, deaf to any
 * signal but SIGKILL, when an existing folder answers ENOENT to a new one inside it, as /proc does and an automounter's mount point may.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../store-error.ts';

/** Throws the system's error: `ENOENT` with syscall `stat` for a dangling link, `ENOENT` with syscall `mkdir` for a folder that takes no new one. */
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

/** For a folder that exists already, systems answer differently: EEXIST, EISDIR, EPERM or EROFS. */
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
    // EEXIST says that something stands there, so the error of `stat` explains more. After any other refusal, the refusal explains more.
    throw codeOf(refusal) === 'EEXIST' ? error : refusal;
  }
}

function isOfMkdir(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'mkdir';
}
