/**
 * `manifest.jsonl`: one line for each generation, in the order of the prompts, enough never to need the queue again; `manifest.csv`: the same
 * for spreadsheets. Both are always written whole and put in place at once; readers never see half of one.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { csvHead, csvLines } from '@dailies/queue';
import { codeOf } from '../download/asset-error.ts';
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

/** The rows of a folder; none when there is no manifest. A cut last line and lines of strangers are passed over. */
export async function readManifest(folder: string): Promise<ManifestRow[]> {
  const rows: ManifestRow[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(join(folder, MANIFEST_NAME)), crlfDelay: Infinity })) {
      const row = parseRow(line);
      if (row !== undefined) rows.push(row);
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
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
