/**
 * Writes the manifests and the contact sheet of one folder, whole, from the ledger. One worker at a time, by a short lock. A file of a person's own under
 * the name of a page stays, and nothing is written into a place that is not this ledger's.
 */
import { randomUUID } from 'node:crypto';
import { isSimulated } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { claimPlace } from './claim-place.ts';
import { writeContactSheet } from './contact-sheet.ts';
import { readFolder } from './folder-of.ts';
import type { KeptPages } from './kept-pages.ts';
import { rowsOf } from './manifest-rows.ts';
import { readManifest, type UnreadLine, writeManifest, writeManifestCsv } from './manifest.ts';
import { openPages } from './pages.ts';

/** Each file is written whole and put in place in one step: should the lock end too early, the worst is that a folder is written twice. */
const LOCK_MS = 10_000;

type Found = NonNullable<Awaited<ReturnType<typeof readFolder>>>;

/** `name`: of a batch, or `_single/<yyyy-mm>`. Answers how many rows the folder has. Null: another worker is writing it just now. */
export async function writeFolder(context: WorkerContext, kept: KeptPages, name: string): Promise<number | null> {
  const { store } = context;
  const found = await readFolder(context, name);
  if (found === null) return 0;
  const lock = store.keys.folderLock(found.folder);
  const token = randomUUID();
  if ((await store.redis.set(lock, token, 'PX', LOCK_MS, 'NX')) === null) return null;
  try {
    return await writeLocked(context, kept, name, found);
  } finally {
    if ((await store.redis.get(lock)) === token) await store.redis.del(lock);
  }
}

async function writeLocked(context: WorkerContext, kept: KeptPages, name: string, { folder, ids }: Found): Promise<number> {
  const why = await claimPlace(context, folder);
  if (why !== null) {
    context.log.warn({ batch: name, folder, reason: why }, 'batch folder not written');
    return 0;
  }
  const pages = await openPages(context.results.at(folder), folder);
  context.at('folder:locked', name);
  try {
    const foreign = await kept.find(name, folder);
    const isOurs = !foreign.includes('manifest.jsonl');
    let unread: UnreadLine[] = [];
    const warn = (text: string, lines: UnreadLine[], faultyRows: number): void => {
      unread = lines;
      // A row is right as soon as it is written.
      if (kept.isNews(name, lines) || faultyRows > 0) context.log.warn({ batch: name }, text);
    };
    const written = isOurs ? await readManifest(context.results, folder, warn) : [];
    const rows = await rowsOf(context, written, await ids());
    if (isOurs) await writeManifest(pages.folder, rows, unread);
    if (!foreign.includes('manifest.csv')) await writeManifestCsv(pages.folder, rows);
    context.at('folder:manifest', name);
    if (!foreign.includes('index.html')) await writeContactSheet(pages.folder, { title: name, rows, simulated: isSimulated(context.config) });
    await pages.publish();
    return rows.length;
  } finally {
    await pages.discard();
  }
}
