/** A worker process as the suite holds it: ready, trapped, killed, stopped, continued, ended. Its log goes to a file of the stage. */
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startChild } from './children.ts';
import type { WorkerOrder, WorkerWord } from './order.ts';

export interface ChaosWorker {
  pid: number;
  /** Resolves when every queue is being served; rejects when it is gone before. */
  ready: Promise<void>;
  /** Resolves with whose turn it was when the trap snapped (a generation or a batch); rejects when it is gone without. */
  trapped: Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** kill -9, and gone. */
  kill(): Promise<void>;
  /** As a deploy would: SIGTERM, and what is under way is awaited; kill -9 after the deadline. False: it had to be killed. */
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
      // All that it said is read by then; it may be gone before.
      child.process.once('close', () => setImmediate(() => reject(new Error(`worker ${child.pid} is gone before it was '${event}'; see ${logFile}`))));
    });
  const ready = said('ready').then(() => undefined);
  const trapped = said('trap');
  // Not everybody waits for both.
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
      // Not once: one that has said that it stops itself may only be about to, and would stop after it.
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
