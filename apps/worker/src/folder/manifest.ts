/**
 * `manifest.jsonl`: one line for each generation, in the order of the prompts, enough never to need the queue again; `manifest.csv`: the same
 * for spreadsheets. Both are always written whole and put in place at once; readers never see half of one.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { csvHead, csvLines } from '@dailies/queue';
import type { Results } from '@dailies/results';
import { formatRow, parseRow, withoutSecrets, type ManifestRow } from './manifest-row.ts';
import { writeWhole } from './whole-file.ts';

const MANIFEST_NAME = 'manifest.jsonl';
const MANIFEST_CSV_NAME = 'manifest.csv';

export async function writeManifest(folder: string, rows: Iterable<ManifestRow>): Promise<void> {
  await writeWhole(join(folder, MANIFEST_NAME), lines(rows));
}

export async function writeManifestCsv(folder: string, rows: Iterable<ManifestRow>): Promise<void> {
  await writeWhole(join(folder, MANIFEST_CSV_NAME), csvPieces(rows));
}

/** The rows of a folder, or of a place in a bucket; none when there is no manifest. A cut last line and lines of strangers are passed over. */
export async function readManifest(results: Pick<Results, 'at'>, place: string): Promise<ManifestRow[]> {
  const reading = await results.at(place).read(place, MANIFEST_NAME);
  if (reading === null) return [];
  const rows: ManifestRow[] = [];
  try {
    for await (const line of createInterface({ input: reading.body, crlfDelay: Infinity })) {
      const row = parseRow(line);
      if (row !== undefined) rows.push(row);
    }
  } finally {
    reading.body.destroy();
  }
  return rows;
}

function* lines(rows: Iterable<ManifestRow>): Generator<string> {
  for (const row of rows) yield `${formatRow(row)}\n`;
}

function* csvPieces(rows: Iterable<ManifestRow>): Generator<string> {
  yield csvHead();
  for (const row of rows) yield csvLines(withoutSecrets(row));
}
