/** An API process under the suite's control. Its log goes to a file of the stage. */
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startChild } from '../children.ts';
import type { WorkerOrder } from '../order.ts';

export interface ChaosApi {
  /** Its address, once it listens. */
  url(): string | undefined;
  /** Sends SIGKILL and resolves when the process is gone. */
  kill(): Promise<void>;
  isGone(): boolean;
}

export function startApi(program: string, order: Pick<WorkerOrder, 'redisUrl' | 'environment' | 'folder'>, logFile: string): ChaosApi {
  const log = openSync(logFile, 'a');
  const child = startChild(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', log],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  closeSync(log);
  const { stdout } = child.process;
  if (stdout === null) throw new Error('the API has no stdout');
  let url: string | undefined;
  createInterface({ input: stdout }).once('line', (line) => {
    url = line;
  });
  return {
    url: () => url,
    isGone: child.isGone,
    async kill() {
      child.kill('SIGKILL');
      await child.gone;
    },
  };
}
