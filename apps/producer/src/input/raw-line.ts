/**
 * One prompt as its file has it, before options are merged in and before anything but the form of the file was checked.
 */
import type { FieldFault } from '@dailies/queue';
import type { Fault } from './fault.ts';

export interface RawLine {
  line: number;
  /** Known fields with their types, as JSONL and HTTP have them from the start. Not checked yet. */
  fields: Record<string, unknown>;
  /** CSV only: the other columns, which are parameters as text. */
  cells: Record<string, string>;
  faults: FieldFault[];
}

export interface RawLines {
  /** None when the file could not be taken apart whole: then none of its lines may be used. */
  lines: RawLine[];
  faults: Fault[];
}

export const LONGEST_LINE = 1024 * 1024;

export function tooLong(characters: number): FieldFault {
  return {
    field: null,
    message: `has ${characters} characters: more than ${LONGEST_LINE} are not read`,
    remedy: 'Give large images as files or links, not inside the line',
  };
}
