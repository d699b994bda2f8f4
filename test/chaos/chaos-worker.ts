/** A worker process under the suite's control: it is waited for, trapped, killed, stopped, continued, ended. Its log goes to a file of the stage. */
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startChild } from './children.ts';
import type { WorkerOrder, WorkerWord } from './order.ts';

export interface ChaosWorker {
  pid: number;
  /** Resolves when the worker serves every queue; rejects when it ends before. */
  ready: Promise<void>;
  /** Resolves with the generation or batch at which the worker reached the trapped point; rejects when the worker ends without reaching it. */
  trapped: Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Sends SIGKILL and resolves when the process is gone. */
  kill(): Promise<void>;
  /** Ends it as a deploy does: SIGTERM, then SIGKILL after the deadline. Answers false when it had to be killed. */
  end(deadlineMs?: number): Promise<boolean>;
  isGone(): boolean;
  gone: Promise<void>;
}

export function startWorker(program: string, order: WorkerOrder, logFile: string): ChaosWorker {
  const log = openSync(logFile, 'a');
  const child = startChild(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', log],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  closeSync(log);
  const words = new Map<WorkerWord['event'], (subject: string) => void>();
  const said = (event: WorkerWord['event']): Promise<string> =>
    new Promise((resolve, reject) => {
      words.set(event, resolve);
      // At `close` all of its output has been read; `exit` may come earlier.
      child.process.once('close', () => setImmediate(() => reject(new Error(`worker ${child.pid} is gone before it was '${event}'; see ${logFile}`))));
    });
  const ready = said('ready').then(() => undefined);
  const trapped = said('trap');
  // Not every caller waits for both promises; an unawaited rejection must not end the process.
  ready.catch(() => undefined);
  trapped.catch(() => undefined);
  const { stdout } = child.process;
  if (stdout === null) throw new Error('the worker has no stdout');
  createInterface({ input: stdout }).on('line', (line) => {
    const word = JSON.parse(line) as WorkerWord;
    words.get(word.event)?.('subject' in word ? word.subject : '');
  });
  return {
    pid: child.pid,
    ready,
    trapped,
    signal: child.kill,
    isGone: child.isGone,
    gone: child.gone,
    async kill() {
      child.kill('SIGKILL');
      await child.gone;
    },
    async end(deadlineMs = 40_000) {
      child.kill('SIGTERM');
      // Sent repeatedly: a worker that has announced that it stops itself may do so only after the first SIGCONT.
      child.kill('SIGCONT');
      const goOn = setInterval(() => child.kill('SIGCONT'), 500);
      let killed = false;
      const limit = setTimeout(() => {
        killed = true;
        child.kill('SIGKILL');
      }, deadlineMs);
      await child.gone;
      clearInterval(goOn);
      clearTimeout(limit);
      return !killed;
    },
  };
}
