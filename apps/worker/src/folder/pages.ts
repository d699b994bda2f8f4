/**
 * Where the pages of a batch (manifest, contact sheet) are written: straight into its folder, or, for a bucket, into a folder of their own
 * on the local disk, from which they are published whole when all of them are ready.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { contentTypeOf, diskFault, type ResultStore } from '@dailies/results';

export interface Pages {
  /** Write them here. */
  folder: string;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

const PREFIX = 'pages-';
/** Pages this old belong to nobody that is still writing. */
const STALE_MS = 10 * 60_000;

export async function openPages(store: ResultStore, place: string): Promise<Pages> {
  await store.prepare(place);
  const nothing = async (): Promise<void> => undefined;
  if (store.kind === 'folder') return { folder: place, publish: nothing, discard: nothing };
  await sweep(store.staging(place));
  const folder = await mkdtemp(path.join(store.staging(place), PREFIX)).catch((error: unknown) => {
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

/** What a killed process left. */
async function sweep(staging: string): Promise<void> {
  for (const name of await readdir(staging)) {
    if (!name.startsWith(PREFIX)) continue;
    const left = path.join(staging, name);
    const age = Date.now() - (await stat(left).then(({ mtimeMs }) => mtimeMs, () => Date.now()));
    if (age > STALE_MS) await rm(left, { recursive: true, force: true });
  }
}
