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
import type { ManifestRow, Rows } from './manifest-row.ts';
import { rowsOf } from './manifest-rows.ts';
import { readLines, type UnreadLine, writeManifest, writeManifestCsv } from './manifest.ts';
import { openPages } from './pages.ts';
import { readWritten } from './written-rows.ts';

/** Each file is written whole and put in place in one step: should the lock end too early, the worst is that a folder is written twice. */
const LOCK_MS = 10_000;

type Found = NonNullable<Awaited<ReturnType<typeof readFolder>>>;

/** `name`: of a batch, or `_single/<yyyy-mm>`. Answers how many generations it has, or rows, if it had more. Null: another worker is writing it just now. */
export async function writeFolder(context: WorkerContext, kept: KeptPages, name: string): Promise<number | null> {
  const { store } = context;
  const found = await readFolder(context, name);
  if (found === null) return 0;
  const lock = store.keys.folderLock(found.folder);
  const token = randomUUID();
  if ((await store.redis.set(lock, token, 'PX', LOCK_MS, 'NX')) === null) return null;
  const isHeld = async (): Promise<boolean> => (await store.redis.get(lock)) === token;
  const keep = async (): Promise<unknown> => (await isHeld()) && store.redis.pexpire(lock, LOCK_MS);
  // A large folder takes longer than that.
  const keeping = setInterval(() => void keep().catch(() => undefined), LOCK_MS / 3);
  try {
    return await writeLocked(context, kept, name, found);
  } finally {
    clearInterval(keeping);
    if (await isHeld()) await store.redis.del(lock);
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
    const members = await ids();
    const written = await readWritten(isOurs ? readLines(context.results, folder, warn) : []);
    const fromLedger = rowsOf(context, written, members);
    if (isOurs) await writeManifest(pages.folder, fromLedger, unread);
    // The other pages are made of that manifest: as objects, the rows of a large folder are more than the memory of a worker.
    const known = isOurs ? [] : await gathered(fromLedger);
    const rows = (): Rows => (isOurs ? rowsIn(context, pages.folder) : known);
    if (!foreign.includes('manifest.csv')) await writeManifestCsv(pages.folder, rows());
    context.at('folder:manifest', name);
    if (!foreign.includes('index.html')) await writeContactSheet(pages.folder, { title: name, rows: rows(), simulated: isSimulated(context.config) });
    await pages.publish();
    return Math.max(members.length, written.count);
  } finally {
    await pages.discard();
  }
}

async function* rowsIn({ results }: WorkerContext, folder: string): AsyncGenerator<ManifestRow> {
  for await (const { row } of readLines(results, folder)) yield row;
}

async function gathered(rows: AsyncIterable<ManifestRow>): Promise<ManifestRow[]> {
  const all: ManifestRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
