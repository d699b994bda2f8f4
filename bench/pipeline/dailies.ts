/** Dailies as a contestant: its own worker, as `apps/worker` starts it, with every guarantee on. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_TAG, openStore, readBatch } from '@dailies/queue';
import type { Contestant, Enqueued } from './contestant.ts';
import { dailiesEnvironment } from './dailies-environment.ts';
import { resultOf, spawnProgram } from './program.ts';
import { startRedisServer } from './redis-server.ts';

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const dailies = {
  name: 'Dailies',
  async open(place) {
    const server = await startRedisServer(place.folder);
    const environment = dailiesEnvironment(server.url, place);
    const logFile = path.join(place.folder, 'worker.log');
    const store = openStore(server.redis, DEFAULT_TAG);
    return {
      server,
      enqueue: (group, count) => {
        const enqueue = spawnProgram(program('dailies-enqueue.ts'), [group, String(count)], { environment });
        return resultOf<Enqueued>(enqueue, 'putting prompts into Dailies');
      },
      startWorker: async () => spawnProgram(program('../../apps/worker/src/main.ts'), [], { environment, logFile }),
      finished: async (group) => (await readBatch(store, group))?.counts.succeeded ?? 0,
      async tells(group) {
        const log = await readFile(logFile, 'utf8');
        const settled = (how: string): number => log.split(`"settled: ${how}"`).length - 1;
        return { settledFound: settled('found'), settledAbsent: settled('absent'), unresolved: (await readBatch(store, group))?.counts.unresolved ?? 0 };
      },
      close: () => server.close(),
    };
  },
} satisfies Contestant;

export type DailiesStand = Awaited<ReturnType<typeof dailies.open>>;
