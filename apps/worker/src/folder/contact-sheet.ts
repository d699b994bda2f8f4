/**
 * `index.html`: the page a person opens to look at a batch. It stands beside the videos and opens from disk, without a server.
 * It makes no request to anywhere else, and nothing in a prompt can become markup: rows travel as data and are only ever set as text.
 */
import { join } from 'node:path';
import { withoutSecrets, type Rows } from './manifest-row.ts';
import { sheetBeforeData, SHEET_AFTER_DATA } from './sheet-document.ts';
import { writeWhole } from './whole-file.ts';

const CONTACT_SHEET_NAME = 'index.html';

export interface ContactSheet {
  /** The name of the batch. */
  title: string;
  rows: Rows;
  /** Says plainly that no upstream was called. */
  simulated?: boolean | undefined;
}

export async function writeContactSheet(folder: string, sheet: ContactSheet): Promise<void> {
  await writeWhole(join(folder, CONTACT_SHEET_NAME), pieces(sheet, new Date()));
}

async function* pieces({ title, rows, simulated = false }: ContactSheet, writtenAt: Date): AsyncGenerator<string> {
  yield sheetBeforeData(title, simulated);
  yield `{"writtenAt":${asData(writtenAt.toISOString())},"rows":[`;
  let separator = '\n';
  for await (const row of rows) {
    yield separator + asData(withoutSecrets(row));
    separator = ',\n';
  }
  yield ']}';
  yield SHEET_AFTER_DATA;
}

/** JSON that cannot end the element it stands in, nor open a comment. */
function asData(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
