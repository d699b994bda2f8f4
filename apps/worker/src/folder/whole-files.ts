/**
 * Which files of a result stand in its folder, whole by length and SHA-256. A result without one of its pictures is still what was paid for; without one of
 * its videos it never counts as being there.
 */
import type { StoredFile } from '@dailies/queue';
import type { ResultStore } from '@dailies/results';

/** Throws a StoreError where nobody can look. */
export async function wholeFiles(store: ResultStore, folder: string, files: readonly StoredFile[]): Promise<StoredFile[]> {
  const whole: StoredFile[] = [];
  for (const stored of files) {
    if ((await store.verify(folder, stored.file, stored)) === 'ok') whole.push(stored);
  }
  return whole;
}

export function hasAllVideos(files: readonly StoredFile[], whole: readonly StoredFile[]): boolean {
  return whole.length > 0 && files.every((file) => file.kind !== 'video' || whole.includes(file));
}
