/**
 * Shows people how it goes: bars on a terminal, a plain line now and then where there is none, each failure as it comes, and what holds something up.
 */
import type { Board } from '../batch/follow/board.ts';
import type { Move } from '../batch/follow/follow.ts';
import { hindranceText } from '../batch/follow/report.ts';
import type { Standing } from '../batch/follow/standstill.ts';
import type { SubmitWait } from '../batch/submit-waits.ts';
import { submitWaitText } from '../pages/submit-waits-text.ts';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { bars, plainProgress } from './bars.ts';
import { styleFor } from './style.ts';

const PLAIN_LINE_MS = 5_000;
const REDRAW_MS = 100;
/** Failures that are shown as they come. The summary lists more. */
const MOST_NOTES = 20;

export class Display {
  readonly #terminal: Terminal;
  readonly #board: Board;
  #drawnAt = 0;
  #shown = '';
  readonly #told = new Set<string>();
  /** What holds something up, as it was found by the last look, and whether it has been told. */
  #stands = new Map<string, boolean>();

  constructor(terminal: Terminal, board: Board) {
    this.#terminal = terminal;
    this.#board = board;
  }

  show(standing: Standing, waits: readonly SubmitWait[]): void {
    const now = Date.now();
    if (now - this.#drawnAt < (this.#terminal.live ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.#draw(standing, waits, now);
    if (!this.#terminal.live) this.#tellWhatStands(standing, waits);
  }

  tell({ id, to, note }: Move): void {
    if (to !== 'failed' && to !== 'unresolved' && to !== 'overdue') return;
    // The event stream may repeat what was read from the ledger already.
    if (this.#told.size === MOST_NOTES || this.#told.has(`${id} ${to}`)) return;
    this.#told.add(`${id} ${to}`);
    const member = this.#board.get(id);
    const place = member?.line === undefined ? '' : `line ${member.line}, `;
    this.#terminal.say(`${to}: ${place}${member?.provider ?? ''} ${id}${note === '' ? '' : `: ${printable(note)}`}`);
    if (this.#told.size === MOST_NOTES) this.#terminal.say('(further ones are in the summary only)');
  }

  /** Draws the last state. Afterwards the bars stay as they are, or go. */
  end(standing: Standing): void {
    this.#draw(standing, [], Date.now());
    this.#terminal.pin([]);
  }

  /** Each once while it lasts, and not what is over by the next line: the summary repeats what ends the following at once. */
  #tellWhatStands({ hindrances }: Standing, waits: readonly SubmitWait[]): void {
    const lines = new Map([
      ...hindrances.map((one) => [`${one.provider} ${one.account} ${one.reason}`, hindranceText(one)] as const),
      ...waits.map((one) => [`${one.provider} ${one.account} ${one.why}`, submitWaitText(one)] as const),
    ]);
    for (const [key, line] of lines) if (this.#stands.get(key) === false) this.#terminal.say(line);
    this.#stands = new Map([...lines.keys()].map((key) => [key, this.#stands.has(key)]));
  }

  #draw({ hindrances }: Standing, waits: readonly SubmitWait[], now: number): void {
    this.#drawnAt = now;
    if (!this.#terminal.live) {
      const line = plainProgress(this.#board.counts());
      if (line !== this.#shown) this.#terminal.say(line);
      this.#shown = line;
      return;
    }
    const rows = this.#board.providers().map((provider) => {
      const hindrance = hindrances.find((one) => one.provider === provider);
      const wait = waits.find((one) => one.provider === provider);
      const why = hindrance === undefined ? wait && `waits: ${wait.reason}` : `${hindrance.why === 'pause' ? 'paused' : 'held'}: ${hindrance.reason}`;
      return { provider, counts: this.#board.countsOf(provider), why: why && printable(why, 70) };
    });
    this.#terminal.pin(bars(rows, styleFor(this.#terminal.colour)));
  }
}
