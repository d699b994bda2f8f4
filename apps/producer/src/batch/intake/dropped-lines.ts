/** Says what was, or would be, done with generations that the file no longer has, and names the command that helps. Pure. */
import { printable } from '../../printable.ts';
import type { Dropped } from './dropped.ts';

export interface DroppedOptions {
  /** How many lines were left out. It is not known which of the batch's generations are theirs. */
  leftOut: number;
  prune: boolean;
  suffix: string;
  /** Whether nothing was done (`--dry-run`). */
  dry?: boolean | undefined;
}

const MOST_LISTED = 20;

export function droppedLines(dropped: readonly Dropped[], options: DroppedOptions): string[] {
  const { leftOut, dry = false } = options;
  const held = dropped.filter((one) => one.outcome === 'held');
  const canceled = dropped.filter((one) => one.outcome === 'canceled');
  const doubtful = dropped.filter((one) => one.outcome === 'doubtful');
  const lines: string[] = [];
  if (canceled.length > 0) {
    const what = `${canceled.length} queued ${canceled.length === 1 ? 'generation' : 'generations'} that this file no longer has`;
    lines.push(...(dry ? [`--prune would cancel ${what}:`, ...list(canceled)] : [`Canceled ${what} (--prune).`]));
  }
  const why = leftOut > 0 ? 'not among the good lines of this file' : 'no longer in this file';
  if (doubtful.length > 0) {
    const fate = `what was accepted is paid, and goes on; what was not ${dry ? 'would be' : 'is'} held`;
    lines.push(`${doubtful.length} being submitted or in doubt, and ${why}: ${fate}.`, ...list(doubtful));
  }
  if (held.length === 0) return lines;
  lines.push(`${held.length} queued before, and ${why}: ${dry ? 'would be held' : 'held'}, not submitted.`);
  return [...lines, ...list(held), ...helpLines(options)];
}

function helpLines({ leftOut, prune, suffix }: DroppedOptions): string[] {
  const one = `\`dailies cancel ID${suffix}\` cancels one.`;
  if (leftOut === 0) return [`The same command with --prune cancels them; ${one}`];
  const since = prune ? '--prune cancels none, since ' : '';
  const lines = leftOut === 1 ? 'the line that was left out' : 'lines that were left out';
  return [`${since}${lines} may be theirs: they go on with a file that has them. ${one}`];
}

function list(dropped: readonly Dropped[]): string[] {
  const lines = dropped.slice(0, MOST_LISTED).map(({ id, title }) => `  ${id}  ${printable(title, 80)}`);
  return dropped.length > MOST_LISTED ? [...lines, `  … and ${dropped.length - MOST_LISTED} more`] : lines;
}
