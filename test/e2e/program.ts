/**
 * A program of Dailies as a process of its own, bundled for the run (test/support/programs.ts) or from source. What it says can be waited for.
 * None outlives its test, or the suite: what still runs then is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { nodeWords } from '../support/node-words.ts';

export interface Ending {
  /** Null: killed by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  kill(signal: NodeJS.Signals): void;
  /** Resolves once it has said this on stdout or stderr. Rejects when it ends without. */
  says(words: RegExp | string): Promise<void>;
  /** All it has said so far. */
  said: () => string;
  ended: Promise<Ending>;
}

export interface Start {
  /** Relative to the clone. */
  file: string;
  words?: readonly string[] | undefined;
  cwd: string;
  environment: Record<string, string>;
  /** What it can read on stdin; nothing: stdin is empty. Never a terminal. */
  input?: string | undefined;
  /** A module of plain JavaScript to load before it: with a loader of TypeScript it would take seconds to start. */
  preload?: string | undefined;
}

export function startProgram({ file, words = [], cwd, environment, input = '', preload }: Start): Running {
  const before = preload === undefined ? [] : ['--import', preload];
  const child = spawn(process.execPath, [...nodeWords(file, before), ...words], { cwd, env: environment });
  if (child.pid === undefined) throw new Error(`${file} could not be started.`);
  killInTheEnd(child);
  let stdout = '';
  let stderr = '';
  const heard = new Set<() => void>();
  const hear = (): void => {
    for (const listener of heard) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    hear();
  });
  // It may end without having read what it was given.
  child.stdin.on('error', () => undefined).end(input);
  const ended = once(child, 'close').then(([code]): Ending => {
    hear();
    return { code: code as number | null, stdout, stderr };
  });
  return {
    kill: (signal) => void child.kill(signal),
    said: () => `${stdout}\n${stderr}`,
    says: (wanted) =>
      new Promise((resolve, reject) => {
        const listener = (): void => {
          const said = typeof wanted === 'string' ? stdout.includes(wanted) || stderr.includes(wanted) : wanted.test(stdout) || wanted.test(stderr);
          if (said) resolve();
          else if (isGone(child)) reject(new Error(`${file} ended without saying ${String(wanted)}:\n${stdout}\n${stderr}`));
          else return;
          heard.delete(listener);
        };
        heard.add(listener);
        listener();
      }),
    ended,
  };
}

function killInTheEnd(child: ChildProcess): void {
  const kill = (): void => {
    if (!isGone(child)) child.kill('SIGKILL');
  };
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  onTestFinished(async () => {
    kill();
    if (!isGone(child)) await once(child, 'exit');
  });
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
