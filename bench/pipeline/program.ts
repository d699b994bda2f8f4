/**
 * Programs of a benchmark: TypeScript files run as processes of their own, with a line to whoever started them. None outlives us: a worker that
 * waits for a server that is gone would disturb whatever is measured next.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface Started {
  environment?: Record<string, string>;
  cwd?: string;
  /** Where what it says goes; none: our own stderr. */
  logFile?: string;
}

/** Said in full: a test that starts them runs under other flags itself. */
const FROM_SOURCE = ['--conditions=dailies-source', '--import', 'tsx'];

export function spawnProgram(file: string, args: readonly string[], { environment = {}, cwd, logFile }: Started): ChildProcess {
  const log = logFile === undefined ? 'inherit' : openSync(logFile, 'a');
  const child = spawn(process.execPath, [...FROM_SOURCE, file, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', log, log, 'ipc'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  return endWithUs(child);
}

const running = new Map<ChildProcess, NodeJS.Signals>();

/** Gets this signal when this process ends, however early. */
export function endWithUs(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): ChildProcess {
  if (!process.listeners('exit').includes(endAll)) process.once('exit', endAll);
  running.set(child, signal);
  child.once('exit', () => running.delete(child));
  return child;
}

function endAll(): void {
  for (const [child, signal] of running) child.kill(signal);
}

/** Runs it to its end and answers the one message it sent. */
export async function resultOf<Result>(child: ChildProcess, what: string): Promise<Result> {
  let result: Result | undefined;
  child.on('message', (message) => {
    result = message as Result;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 || result === undefined) throw new Error(`${what} ended with ${code}`);
  return result;
}

export async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
