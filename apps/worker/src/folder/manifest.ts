/**
 * `manifest.jsonl`: one line for each generation, in the order of the prompts, enough never to need the queue again; `manifest.csv`: the same
 * for spreadsheets. Both are always written whole and put in place at once; readers never see half of one.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { csvHead, csvLines } from '@dailies/queue';
import { fileIn, type Results } from '@dailies/results';
import { formatRow, withoutSecrets, type ManifestRow, type Rows } from './manifest-row.ts';
import { readRow } from './read-row.ts';
import { writeWhole } from './whole-file.ts';

const MANIFEST_NAME = 'manifest.jsonl';
const MANIFEST_CSV_NAME = 'manifest.csv';

/** A line that is no row: nobody can say whether a generation of this id is paid for. */
export interface UnreadLine {
  id?: string | undefined;
  line: string;
}

type Warn = (text: string, unread: UnreadLine[], faultyRows: number) => void;

/** What the manifest had that is no row stays, behind the rows, until there is a row of its id: it may be all that tells of a payment. */
export async function writeManifest(folder: string, rows: Rows, unread: readonly UnreadLine[] = []): Promise<void> {
  await writeWhole(join(folder, MANIFEST_NAME), lines(rows, unread));
}

export async function writeManifestCsv(folder: string, rows: Rows): Promise<void> {
  await writeWhole(join(folder, MANIFEST_CSV_NAME), csvPieces(rows));
}

/**
 * The rows of a folder, or of a place in a bucket; none when there is no manifest. A cut last line and lines of strangers are passed over. `warn` is
 * told what was left out, for whoever writes the manifest anew, or pays by it: lines that are no row, and how many rows lack something.
 */
export async function readManifest(results: Pick<Results, 'at'>, place: string, warn?: Warn): Promise<ManifestRow[]> {
  const rows: ManifestRow[] = [];
  for await (const { row } of readLines(results, place, warn)) rows.push(row);
  return rows;
}

/** The same one after the other, each with its line; `warn` is told at the end. */
export async function* readLines(results: Pick<Results, 'at'>, place: string, warn?: Warn): AsyncGenerator<{ row: ManifestRow; line: string }> {
  const reading = await results.at(place).read(place, MANIFEST_NAME);
  if (reading === null) return;
  const faulty: string[] = [];
  const unread: UnreadLine[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: reading.body, crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() === '') continue;
      const { row, faults, idOfNone } = readRow(line);
      if (row === undefined) unread.push({ id: idOfNone, line });
      else yield { row, line };
      if (faults.length > 0) faulty.push(`line ${number}: ${faults.join(', ')}${row === undefined ? ' (no row)' : ''}`);
    }
  } finally {
    reading.body.destroy();
  }
  if (faulty.length > 0) warn?.(leftOut(fileIn(place, MANIFEST_NAME), faulty), unread, faulty.length - unread.length);
}

const MOST_TOLD = 20;

function leftOut(manifest: string, faulty: readonly string[]): string {
  const rest = faulty.length > MOST_TOLD ? [`${faulty.length - MOST_TOLD} more lines`] : [];
  const what = [...faulty.slice(0, MOST_TOLD), ...rest].join('; ');
  return `${manifest} is not all as Dailies wrote it, and what is named here was left out: ${what}. If somebody edited it, put these fields right there`;
}

async function* lines(rows: Rows, unread: readonly UnreadLine[]): AsyncGenerator<string> {
  const missing = new Set(unread.map(({ id }) => id));
  for await (const row of rows) {
    missing.delete(row.id);
    yield `${formatRow(row)}\n`;
  }
  for (const { id, line } of unread) if (missing.has(id)) yield `${line}\n`;
}

async function* csvPieces(rows: Rows): AsyncGenerator<string> {
  yield csvHead();
  for await (const row of rows) yield csvLines(withoutSecrets(row));
}
