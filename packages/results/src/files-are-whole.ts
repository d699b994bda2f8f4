/**
 * Whether the stored files of a result are whole where they were put. What cannot be looked at from here is an answer of its own: it says nothing about
 * the files, so nobody may fetch them again for that.
 */
import type { Results } from './results.ts';
import { StoreError } from './store-error.ts';

interface Stored {
  folder?: string | undefined;
  files?: readonly { file: string; sha256: string; bytes: number }[] | undefined;
}

/** An error: this machine cannot see them. */
export function filesAreWhole(results: Pick<Results, 'at'>, { folder, files }: Stored): Promise<boolean | StoreError> {
  return unlessUnseen(async () => {
    if (folder === undefined || files === undefined || files.length === 0) return false;
    for (const stored of files) if ((await results.at(folder).verify(folder, stored.file, stored)) !== 'ok') return false;
    return true;
  });
}

/** Whether the store is away or another machine's, or the file may not be read. */
export async function unlessUnseen<T>(look: () => Promise<T>): Promise<T | StoreError> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}
