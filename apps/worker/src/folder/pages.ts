/**
 * Where the pages of a batch (manifest, contact sheet) are written: straight into its folder, or, for a bucket, into a folder of their own
 * on the local disk, from which they are published whole when all of them are ready.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { contentTypeOf, diskFault, type ResultStore } from '@dailies/results';

export interface Pages {
  /** Write them here. */
  folder: string;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

export async function openPages(store: ResultStore, place: string): Promise<Pages> {
  await store.prepare(place);
  const nothing = async (): Promise<void> => undefined;
  if (store.kind === 'folder') return { folder: place, publish: nothing, discard: nothing };
  const folder = await mkdtemp(path.join(store.staging(place), 'pages-')).catch((error: unknown) => {
    throw diskFault(error, store.staging(place));
  });
  return {
    folder,
    async publish() {
      for (const name of await readdir(folder)) await store.replace(place, name, { path: path.join(folder, name), contentType: contentTypeOf(name) });
    },
    discard: () => rm(folder, { recursive: true, force: true }),
  };
}
