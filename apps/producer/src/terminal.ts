/**
 * The output of this process: data to stdout, everything for people to stderr. A reader that went away (`dailies … | head`) is no error. Pinned lines
 * (progress bars) stay below everything else.
 */
import { createInterface } from 'node:readline/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { PinnedLines } from './progress/pinned-lines.ts';

type Output = NodeJS.WriteStream | WriteStream;

export interface Terminal {
  /** Writes to stdout, unchanged. */
  data(text: string): void;
  /** Writes a line to stderr. */
  say(line: string): void;
  /** Pins these lines below everything else, in place of those before. Does nothing unless `live`. */
  pin(lines: readonly string[]): void;
  /** Whether stderr is a terminal that can redraw lines. */
  readonly live: boolean;
  readonly dataIsForPeople: boolean;
  readonly columns: number;
  readonly colour: boolean;
  /** Whether there is a person who can answer. */
  readonly canAsk: boolean;
  /** Asks on stderr. Only `y` and `yes` mean yes. */
  ask(question: string): Promise<boolean>;
  readonly input: NodeJS.ReadableStream;
}

export interface Streams {
  stdin: ReadStream | NodeJS.ReadStream;
  stdout: Output;
  stderr: Output;
  environment: Readonly<Record<string, string | undefined>>;
  /** Called for Ctrl-C at a question: readline receives it there, the process gets no signal. */
  interrupt: () => void;
}

export function openTerminal({ stdin, stdout, stderr, environment, interrupt }: Streams): Terminal {
  const live = stderr.isTTY && environment['TERM'] !== 'dumb';
  const pinned = new PinnedLines((text) => stderr.write(text));
  const columns = (): number => stderr.columns || 80;
  const gone = new Set<Output>();
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      gone.add(stream);
    });
  }
  return {
    data(text) {
      if (gone.has(stdout)) return;
      if (stdout.isTTY && live) pinned.above(() => stdout.write(text), columns());
      else stdout.write(text);
    },
    say(line) {
      if (gone.has(stderr)) return;
      pinned.above(() => stderr.write(`${line}\n`), columns());
    },
    pin(lines) {
      if (live && !gone.has(stderr)) pinned.set(lines, columns());
    },
    live,
    dataIsForPeople: stdout.isTTY,
    get columns() {
      return columns();
    },
    colour: live && (environment['NO_COLOR'] ?? '') === '',
    canAsk: stdin.isTTY && stderr.isTTY,
    async ask(question) {
      const dialog = createInterface({ input: stdin, output: stderr });
      try {
        // Ctrl-D closes the dialog; newer Node versions throw as well.
        const closed = new Promise<string>((resolve) => {
          dialog.once('close', () => resolve('\n'));
        });
        dialog.once('SIGINT', () => {
          dialog.close();
          interrupt();
        });
        const answer = await Promise.race([dialog.question(`${question} [y/N] `).catch(() => '\n'), closed]);
        if (answer === '\n') stderr.write('\n');
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        dialog.close();
      }
    },
    input: stdin,
  };
}
