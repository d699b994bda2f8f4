/**
 * What is wrong with a prompt file, said so that a person can mend it: which line, which field, what, and what to do.
 *
 * The text of a file is hostile: nothing of it reaches a terminal with its control characters.
 */
import { printable } from '../printable.ts';

export interface Fault extends FieldFault {
  /** Null: it concerns the whole file, or every line of a provider. */
  line: number | null;
  /** Where it concerns several lines for one reason: all of them. */
  lines?: readonly number[];
}

export interface FieldFault {
  field: string | null;
  message: string;
  remedy: string;
}

/** Every fault on a line of its own, those of the whole file first; never more than `MOST_SHOWN` of them. */
export function formatFaults(path: string, faults: readonly Fault[]): string {
  const sorted = [...faults].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const shown = sorted.slice(0, MOST_SHOWN).map((fault) => `  ${printable(formatFault(fault), LONGEST_LINE)}`);
  const more = sorted.length - shown.length;
  const title = `${printable(path)} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`;
  return [title, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}

/** A value as it is quoted in a message: short, and never by walking into it, however deep it is. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const MOST_SHOWN = 100;
const LONGEST_QUOTE = 60;
const LONGEST_LINE = 1000;

function formatFault({ line, field, message, remedy }: Fault): string {
  const place = [...(line === null ? [] : [`line ${line}`]), ...(field === null ? [] : [field])];
  return [...place, `${sentence(message)} ${sentence(remedy)}`.trim()].join(': ');
}

function sentence(text: string): string {
  return text === '' || /[.?!…]$/.test(text) ? text : `${text}.`;
}
