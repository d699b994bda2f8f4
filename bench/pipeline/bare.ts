/** The bare BullMQ pipeline as a contestant. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant, Enqueued } from './contestant.ts';
import { filesIn } from './files.ts';
import { resultOf, spawnProgram } from './program.ts';
import { startRedisServer } from './redis-server.ts';

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const bare: Contestant = {
  name: 'bare BullMQ',
  async open({ folder, outFolder, upstreamUrl }) {
    const server = await startRedisServer(folder);
    return {
      server,
      enqueue: (group, count) => resultOf<Enqueued>(spawnProgram(program('bare-enqueue.ts'), [server.url, group, String(count)], {}), 'putting prompts into BullMQ'),
      startWorker: async () => spawnProgram(program('bare-worker.ts'), [server.url, upstreamUrl, outFolder], { logFile: path.join(folder, 'worker.log') }),
      // The file is the last thing it does, and the only record of it.
      finished: (group) => filesIn(path.join(outFolder, group)),
      close: () => server.close(),
    };
  },
};
