/**
 * Lines that stay at the bottom of a terminal while others scroll by above them: clear, write, draw again.
 * Each is cut to the width: a line that wraps would make the count of rows wrong, and the screen with it.
 */
import { stripVTControlCharacters } from 'node:util';

const UP_AND_CLEAR = '\u001b[1A\u001b[2K';

export class PinnedLines {
  readonly #write: (text: string) => void;
  #lines: readonly string[] = [];
  #shown = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  set(lines: readonly string[], columns: number): void {
    if (this.#shown === lines.length && lines.every((line, at) => line === this.#lines[at])) return;
    this.#clear();
    this.#lines = lines;
    this.#draw(columns);
  }

  /** Removes the pinned lines, runs `write`, which must write whole lines, and draws them again. */
  above(write: () => void, columns: number): void {
    this.#clear();
    write();
    this.#draw(columns);
  }

  #clear(): void {
    if (this.#shown > 0) this.#write(UP_AND_CLEAR.repeat(this.#shown));
    this.#shown = 0;
  }

  #draw(columns: number): void {
    if (this.#lines.length === 0) return;
    this.#write(this.#lines.map((line) => `${cut(line, columns - 1)}\n`).join(''));
    this.#shown = this.#lines.length;
  }
}

/** Cuts a line to the width. A line that is cut loses its colours. */
function cut(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : plain.slice(0, width);
}
