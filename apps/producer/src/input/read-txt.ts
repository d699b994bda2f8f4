/**
 * `.txt`: a prompt a line, without the spaces around it. Blank lines, and lines that start with `#`, are skipped. A table or JSON under this name is
 * refused: each of its lines would be paid for as a prompt.
 */
import { REQUEST_FIELDS } from '@dailies/queue';
import { isSurelyHeader } from './csv-header.ts';
import type { Fault } from './fault.ts';
import { LONGEST_LINE, type RawLine, type RawLines, tooLong } from './raw-line.ts';

export function readTxt(lines: readonly (string | null)[]): RawLines {
  const wrongName = refuseName(lines);
  return wrongName === null ? { lines: lines.flatMap(readLine), faults: [] } : { lines: [], faults: [wrongName] };
}

function readLine(text: string | null, index: number): RawLine[] {
  const prompt = text?.trim() ?? '';
  if (prompt === '' || prompt.startsWith('#')) return [];
  const long = prompt.length > LONGEST_LINE;
  return [{ line: index + 1, fields: long ? {} : { prompt }, cells: {}, faults: long ? [tooLong(prompt.length)] : [] }];
}

const REQUEST = new RegExp(`^\\[?\\s*\\{\\s*"(${REQUEST_FIELDS.join('|')})"\\s*:|^[[{]$`);

/** A table may begin with a column of numbers that is named #. */
const COMMENT = /^\s*#(?![,;\t])/;

function refuseName(lines: readonly (string | null)[]): Fault | null {
  const index = lines.findIndex((text) => text === null || !(text.trim() === '' || COMMENT.test(text)));
  const first = lines[index]?.trim() ?? '';
  const refused = (message: string, remedy: string): Fault => ({ line: index + 1, field: null, message, remedy });
  if (isSurelyHeader(first)) return refused('is the header of a table, not a prompt', 'Name the file .csv');
  return REQUEST.test(first) ? refused('begins a request in JSON, not a prompt', 'Name the file .jsonl, and write one request on each line') : null;
}
