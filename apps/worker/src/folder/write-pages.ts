/**
 * The pages of a folder that somebody collected results into: manifests and contact sheet, as a worker writes them for its own. Rows that the
 * folder has and the collection does not are kept, and lines that cannot be read: a row that is forgotten may be paid for again.
 */
import type { Results } from '@dailies/results';
import { writeContactSheet } from './contact-sheet.ts';
import type { ManifestRow } from './manifest-row.ts';
import { rowOf } from './manifest-rows.ts';
import { readManifest, type UnreadLine, writeManifest, writeManifestCsv } from './manifest.ts';

export async function writePages(results: Results, folder: string, sheet: { title: string; rows: readonly ManifestRow[]; simulated: boolean }): Promise<void> {
  let unread: UnreadLine[] = [];
  const others = new Map((await readManifest(results, folder, (_text, lines) => (unread = lines))).map((row) => [row.id, row]));
  const collected = sheet.rows.flatMap((row) => {
    const old = others.get(row.id);
    others.delete(row.id);
    // An ended generation without any history is a stub: its old row tells more.
    return rowOf(row, old, row.history.length < 2) ?? [];
  });
  const rows = [...collected, ...others.values()];
  await writeManifest(folder, rows, unread);
  await writeManifestCsv(folder, rows);
  await writeContactSheet(folder, { ...sheet, rows });
}
