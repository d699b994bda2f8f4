/**
 * What is wrong with a prompt file, said so that a person can mend it: which line, which field, what, and what to do.
 *
 * The text of a file is hostile: nothing of it reaches a terminal with its control characters.
 */
import type { FieldFault } from '@dailies/queue';
import { printable } from '../printable.ts';

export interface Fault extends FieldFault {
  /** Null: it concerns the whole file, or every line of a provider. */
  line: number | null;
  /** All lines, when the fault concerns several for one reason. */
  lines?: readonly number[];
}

/** Every fault on a line of its own, those of the whole file first; never more than `MOST_SHOWN` of them. */
export function formatFaults(path: string, faults: readonly Fault[]): string {
  const sorted = [...faults].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const shown = sorted.slice(0, MOST_SHOWN).map((fault) => `  ${printable(formatFault(fault), LONGEST_LINE)}`);
  const more = sorted.length - shown.length;
  const title = `${printable(path)} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:`;
  return [title, ...shown, ...(more > 0 ? [`  … and ${more} more`] : [])].join('\n');
}

/** Enough for all faults of a file with hundreds of lines, and for the first ones of a large file in the wrong format. */
const MOST_SHOWN = 1_000;
const LONGEST_LINE = 1000;

function formatFault({ line, field, message, remedy }: Fault): string {
  const place = [...(line === null ? [] : [`line ${line}`]), ...(field === null ? [] : [field])];
  return [...place, `${sentence(message)} ${sentence(remedy)}`.trim()].join(': ');
}

function sentence(text: string): string {
  return text === '' || /[.?!…]$/.test(text) ? text : `${text}.`;
}
