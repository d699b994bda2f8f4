/** Two hand-written BullMQ pipelines as contestants: the bare one, and the same with the least that the guarantees ask for. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant, Enqueued, Place, Stand } from './contestant.ts';
import { filesIn } from './files.ts';
import { resultOf, spawnProgram } from './program.ts';
import { startRedisServer } from './redis-server.ts';

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const bare = handWritten('bare BullMQ', 'bare-worker.ts');
export const guarded = handWritten('BullMQ with the guarantees alone', 'guarded-worker.ts');

function handWritten(name: string, worker: string): Contestant {
  return { name, open: (place) => openStand(place, worker) };
}

async function openStand({ folder, outFolder, upstreamUrl }: Place, worker: string): Promise<Stand> {
  const server = await startRedisServer(folder);
  return {
    server,
    enqueue: (group, count) => {
      const args = [server.url, group, String(count)];
      return resultOf<Enqueued>(spawnProgram(program('bare-enqueue.ts'), args, {}), 'putting prompts into BullMQ');
    },
    startWorker: async () => spawnProgram(program(worker), [server.url, upstreamUrl, outFolder], { logFile: path.join(folder, 'worker.log') }),
    // The file is the last thing it does, and the only record of it.
    finished: (group) => filesIn(path.join(outFolder, group)),
    close: () => server.close(),
  };
}
