/**
 * A progress bar per provider, as lines of text. Pure: what the terminal does with them is not known here.
 */
import type { ProviderName } from '@dailies/providers';
import type { State } from '@dailies/queue';
import type { StateCounts } from '../batch/follow/board.ts';
import type { Style } from './style.ts';

const WIDTH = 24;

/** The states that a bar counts beside its progress, in this order. */
const SHOWN: readonly { state: State; colour?: 'red' | 'yellow' }[] = [
  { state: 'downloading' },
  { state: 'rendering' },
  { state: 'submitting' },
  { state: 'queued' },
  { state: 'ambiguous', colour: 'yellow' },
  { state: 'overdue', colour: 'yellow' },
  { state: 'unresolved', colour: 'red' },
  { state: 'failed', colour: 'red' },
  { state: 'canceled', colour: 'yellow' },
];

export interface Row {
  provider: ProviderName;
  counts: StateCounts;
  /** Why the provider's generations stand still, if they do: `paused: …`. */
  why?: string | undefined;
}

export function bars(rows: readonly Row[], style: Style): string[] {
  const nameWidth = Math.max(...rows.map((row) => row.provider.length));
  const totals = rows.map((row) => totalOf(row.counts));
  const numberWidth = Math.max(...totals.map((total) => `${total}`.length));
  return rows.map((row, at) => bar(row, totals[at] ?? 0, { nameWidth, numberWidth }, style));
}

function bar({ provider, counts, why }: Row, total: number, widths: { nameWidth: number; numberWidth: number }, style: Style): string {
  const done = counts.succeeded;
  const ended = done + counts.failed + counts.canceled;
  const full = total === 0 ? 0 : Math.floor((done / total) * WIDTH);
  const bad = total === 0 ? 0 : Math.ceil(((ended - done) / total) * WIDTH);
  const drawn = style('green', '█'.repeat(full)) + style('red', '█'.repeat(Math.min(bad, WIDTH - full)));
  const rest = style('dim', '░'.repeat(Math.max(0, WIDTH - full - bad)));
  const numbers = `${`${done}`.padStart(widths.numberWidth)}/${`${total}`.padEnd(widths.numberWidth)}`;
  const states = SHOWN.filter(({ state }) => counts[state] > 0).map(({ state, colour }) => {
    const text = `${counts[state]} ${state}`;
    return colour === undefined ? text : style(colour, text);
  });
  const stands = why === undefined ? [] : [style('yellow', why)];
  return `${style('bold', provider.padEnd(widths.nameWidth))} ${drawn}${rest} ${numbers}  ${[...states, ...stands].join(', ')}`.trimEnd();
}

/** The same in one line, for output that is no terminal. */
export function plainProgress(counts: StateCounts): string {
  const states = SHOWN.filter(({ state }) => counts[state] > 0).map(({ state }) => `${counts[state]} ${state}`);
  return `${counts.succeeded}/${totalOf(counts)} succeeded${states.length === 0 ? '' : `: ${states.join(', ')}`}`;
}

function totalOf(counts: StateCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
