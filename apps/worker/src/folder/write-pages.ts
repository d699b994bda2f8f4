/**
 * The pages of a folder that somebody collected results into: manifests and contact sheet, as a worker writes them for its own. Rows that the
 * folder has and the collection does not are kept: a row that is forgotten may be paid for again.
 */
import type { Results } from '@dailies/results';
import { writeContactSheet } from './contact-sheet.ts';
import type { ManifestRow } from './manifest-row.ts';
import { readManifest, writeManifest, writeManifestCsv } from './manifest.ts';

export async function writePages(results: Results, folder: string, sheet: { title: string; rows: readonly ManifestRow[]; simulated: boolean }): Promise<void> {
  const ids = new Set(sheet.rows.map(({ id }) => id));
  const rows = [...sheet.rows, ...(await readManifest(results, folder)).filter(({ id }) => !ids.has(id))];
  await writeManifest(folder, rows);
  await writeManifestCsv(folder, rows);
  await writeContactSheet(folder, { ...sheet, rows });
}
