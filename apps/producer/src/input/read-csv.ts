/**
 * `.csv`: a header, then a record a prompt; commas, semicolons or tabs between cells, as in the header; `.tsv`: tabs. Cells may be quoted and hold line
 * breaks. An empty cell is absent.
 *
 * `params` and `metadata` hold a JSON object; every column that is no known field is a parameter.
 */
import { CsvError, type InfoRecord } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { type FieldFault, isObject, REQUEST_FIELDS } from '@dailies/queue';
import { checkHeader, columnsOf, type Separator, separatorOf } from './csv-header.ts';
import type { Fault } from './fault.ts';
import { LONGEST_LINE, type RawLine, type RawLines, tooLong } from './raw-line.ts';
import { repeatedFaults } from './repeated-key.ts';
import { wrongJson } from './read-jsonl.ts';

export function readCsv(text: string, separator = separatorOf(text.split('\n').find((row) => row.trim() !== '') ?? '')): RawLines {
  const { records, faults } = split(text, separator);
  const [header, ...rest] = records;
  if (!header) return { lines: [], faults };
  const columns = columnsOf(header.cells);
  const isEmpty = (index: number): boolean => rest.every(({ cells }) => (cells[index] ?? '').trim() === '');
  faults.push(...checkHeader(columns, separator, isEmpty).map((fault) => ({ line: header.line, ...fault })));
  if (faults.length > 0) return { lines: [], faults };
  return { lines: rest.map((record) => readRecord(columns, record, separator)), faults };
}

const NAMES: Record<Separator, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs' };

interface CsvRecord {
  line: number;
  cells: string[];
}

/** A quote that is never closed hides where the next record starts. Then nothing after the header is used. */
function split(text: string, delimiter: Separator): { records: CsvRecord[]; faults: Fault[] } {
  const records: CsvRecord[] = [];
  let lastLine = 0;
  const keep = (cells: string[], { lines }: InfoRecord) => {
    if (cells.some((cell) => cell.trim() !== '')) records.push({ line: lastLine + 1, cells });
    lastLine = lines;
    return null;
  };
  try {
    parse(text, { bom: true, delimiter, relax_column_count: true, on_record: keep });
    return { records, faults: [] };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const message = error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'begins a quoted cell that is never closed' : 'has a quote in the wrong place';
    return { records, faults: [{ line: lastLine + 1, field: null, message, remedy: 'Put the whole cell in quotes, and write every quote inside it twice' }] };
  }
}

function readRecord(columns: readonly string[], { line, cells }: CsvRecord, separator: Separator): RawLine {
  const raw: RawLine = { line, fields: {}, cells: {}, faults: [] };
  const length = cells.reduce((sum, cell) => sum + cell.length, 0);
  if (length > LONGEST_LINE) return { ...raw, faults: [tooLong(length)] };
  if (cells.length !== columns.length) {
    const message = `has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}, the header has ${columns.length}`;
    return { ...raw, faults: [{ field: null, message, remedy: `Put cells that hold ${NAMES[separator]} or line breaks in quotes, and leave none out` }] };
  }
  for (const [index, name] of columns.entries()) {
    const cell = cells[index]?.trim() ?? '';
    if (cell !== '') addCell(raw, name, cell);
  }
  const twice = isObject(raw.fields['params']) ? Object.keys(raw.fields['params']).filter((name) => Object.hasOwn(raw.cells, name)) : [];
  raw.faults.push(...twice.map((name) => ({ field: `params.${name}`, message: 'is given twice: in a column and in "params"', remedy: 'Leave one out' })));
  return raw;
}

function addCell(raw: RawLine, name: string, cell: string): void {
  if (!(REQUEST_FIELDS as readonly string[]).includes(name)) {
    raw.cells[name] = cell;
  } else if (name === 'params' || name === 'metadata') {
    const value = jsonObject(name, cell);
    if ('fault' in value) raw.faults.push(value.fault);
    else raw.fields[name] = value.object;
  } else {
    raw.fields[name] = name === 'priority' && /^\d+$/.test(cell) ? Number(cell) : cell;
  }
}

function jsonObject(field: string, cell: string): { object: Record<string, unknown> } | { fault: FieldFault } {
  const remedy = `Write a JSON object, with every quote twice: "{""name"": 1}"`;
  try {
    const object: unknown = JSON.parse(cell);
    if (!isObject(object)) return { fault: { field, message: 'must be a JSON object', remedy } };
    const [fault] = repeatedFaults(cell, field);
    return fault === undefined ? { object } : { fault };
  } catch (error) {
    return { fault: { field, message: wrongJson(cell, error).message, remedy } };
  }
}
