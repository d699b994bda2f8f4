/**
 * Every process that the suite starts. None outlives the suite, whatever happens to it: all are killed at its exit, stopped ones too.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  process: ChildProcess;
  pid: number;
  kill: (signal: NodeJS.Signals) => void;
  /** Resolves when the process is gone. */
  gone: Promise<void>;
  isGone: () => boolean;
}

const alive = new Set<ChildProcess>();
let isWatching = false;

export function startChild(program: string, words: readonly string[], options: SpawnOptions): Child {
  watchExit();
  const child = spawn(program, words, options);
  if (child.pid === undefined) throw new Error(`${program} could not be started. Is it installed?`);
  alive.add(child);
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const gone = once(child, 'exit').then(() => void alive.delete(child));
  return {
    process: child,
    pid: child.pid,
    kill: (signal) => {
      if (!isGone()) child.kill(signal);
    },
    gone,
    isGone,
  };
}

function watchExit(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const child of alive) child.kill('SIGKILL');
  });
}
