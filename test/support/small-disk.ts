/** A disk of a size, as a file system in memory under a folder. Only root may mount one; gone when the test ends. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** What a test says when it is skipped. */
export const NO_MOUNT = 'a small file system cannot be mounted here: it takes root';

/** Null where mounting is not permitted. `size` as mount takes it: `24m`. */
export function mountSmallDisk(folder: string, size: string): { resize(size: string): void } | null {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' });
  });
  return {
    resize(next) {
      execFileSync('mount', ['-o', `remount,size=${next}`, folder], { stdio: 'ignore' });
    },
  };
}
