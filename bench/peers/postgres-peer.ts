/**
 * A queue on PostgreSQL as a contestant: its programs are `programs/<program>-worker.ts` and `-enqueue.ts`. Its worker is up once before anything is
 * measured, and so has made its tables.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant, Enqueued } from '../pipeline/contestant.ts';
import { filesIn } from '../pipeline/files.ts';
import { kill, resultOf, spawnProgram } from '../pipeline/program.ts';
import { startPostgres } from './postgres-server.ts';

export function postgresPeer(name: string, program: string): Contestant {
  const file = (part: string): string => fileURLToPath(new URL(`programs/${program}-${part}.ts`, import.meta.url));
  return {
    name,
    async open({ folder, outFolder, upstreamUrl }) {
      const server = await startPostgres(folder);
      const logFile = path.join(folder, 'worker.log');
      const startWorker = async (): Promise<ChildProcess> => {
        const worker = spawnProgram(file('worker'), [server.url, upstreamUrl, outFolder], { logFile });
        await once(worker, 'message');
        return worker;
      };
      await kill(await startWorker());
      return {
        server,
        startWorker,
        enqueue: (group, count) => {
          const program = spawnProgram(file('enqueue'), [server.url, group, String(count)], { logFile });
          return resultOf<Enqueued>(program, `putting prompts into ${name}`);
        },
        finished: (group) => filesIn(path.join(outFolder, group)),
        close: () => server.close(),
      };
    },
  };
}
