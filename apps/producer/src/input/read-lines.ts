/** The content of a file or of stdin → its prompts, by the format it has, within the limit of one file. */
import { REQUEST_FIELDS } from '@dailies/queue';
import { isHeader } from './csv-header.ts';
import { type RawLines } from './raw-line.ts';
import { readCsv } from './read-csv.ts';
import { readJsonl } from './read-jsonl.ts';
import { readTxt } from './read-txt.ts';
import type { Content, Format } from './source.ts';
import { decodeLines } from './text-lines.ts';

export function readLines({ bytes, format }: Content): RawLines & { notes: string[] } {
  const decoded = decodeLines(bytes);
  const detected = formatOf(decoded.lines);
  const chosen = format ?? detected;
  const notes = format === null ? [`stdin is read as ${NAMES[detected]}`] : [];
  const { lines, faults } = linesOf(chosen, decoded.lines);
  const all = [...decoded.faults, ...faults];
  if (lines.length > MOST_PROMPTS) {
    const message = `has ${lines.length} prompts: more than ${MOST_PROMPTS} are not read`;
    return { lines: [], faults: [...all, { line: null, field: null, message, remedy: 'Split it into several files' }], notes };
  }
  if (lines.length === 0 && all.length === 0) {
    const isTable = chosen === 'csv' || chosen === 'tsv';
    const remedy = isTable ? `Write a header (${REQUEST_FIELDS.join(', ')}) and a line for each prompt` : 'Write a prompt on each line';
    all.push({ line: null, field: null, message: 'has no prompts', remedy });
  }
  return { lines, faults: all, notes };
}

const MOST_PROMPTS = 100_000;
const NAMES: Record<Exclude<Format, 'tsv'>, string> = {
  jsonl: 'JSONL: it begins with JSON',
  txt: 'text, a prompt a line: it begins with neither JSON nor a header',
  csv: 'CSV: it begins with a header',
};

/** Detects a table or JSON in a text file, so that it is not paid for line by line. It is read as what it is, and taken or refused. */
function formatOf(lines: readonly (string | null)[]): keyof typeof NAMES {
  const first = lines.find((line) => line !== null && line.trim() !== '')?.trim() ?? '';
  if (/^(\{|\[\s*(["{]|$))/.test(first)) return 'jsonl';
  return isHeader(first) ? 'csv' : 'txt';
}

function linesOf(format: Format, lines: readonly (string | null)[]): RawLines {
  if (format === 'txt') return readTxt(lines);
  if (format === 'jsonl') return readJsonl(lines);
  // A line that is not UTF-8 may lie inside a quoted cell, so no record can be trusted.
  if (lines.includes(null)) return { lines: [], faults: [] };
  return readCsv(lines.join('\n'), format === 'tsv' ? '\t' : undefined);
}
