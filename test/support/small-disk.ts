/** Mounts a disk of a given size, as a file system in memory, until the test ends. Only root may do that. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** The reason that a skipped test gives. */
export const NO_MOUNT = 'a small file system cannot be mounted here: it takes root';

/** Null when mounting is not permitted. `size` in mount's form: `24m`. */
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
