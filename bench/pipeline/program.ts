/**
 * Runs TypeScript files of a benchmark as processes of their own, with an IPC channel to this process. None outlives this process: a worker that waits
 * for a server that is gone would disturb whatever is measured next.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

export interface Started {
  environment?: Record<string, string>;
  cwd?: string;
  /** The file for its output; default: our own stdout and stderr. */
  logFile?: string;
}

/** What a test has bundled, by its source: it is started in place of it. Nothing, where something is measured. */
export const bundles = new Map<string, string>();

/** Not taken from process.execArgv, since a test that starts programs runs under other flags itself. */
const FROM_SOURCE = ['--conditions=dailies-source', '--import', 'tsx'];

export function spawnProgram(file: string, args: readonly string[], { environment = {}, cwd, logFile }: Started): ChildProcess {
  const log = logFile === undefined ? 'inherit' : openSync(logFile, 'a');
  const bundle = bundles.get(file);
  const child = spawn(process.execPath, [...(bundle === undefined ? [...FROM_SOURCE, file] : [bundle]), ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', log, log, 'ipc'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  return endWithUs(child);
}

const running = new Map<ChildProcess, NodeJS.Signals>();

/** Sends the child this signal when this process ends, however early. */
export function endWithUs(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): ChildProcess {
  if (!process.listeners('exit').includes(endAll)) process.once('exit', endAll);
  running.set(child, signal);
  child.once('exit', () => running.delete(child));
  return child;
}

function endAll(): void {
  for (const [child, signal] of running) child.kill(signal);
}

/** Waits until the child ends, and answers the one message that it sent. Throws if it failed, or sent none. */
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
