/**
 * One run of one contestant: a warm-up that is not counted (start, compiling, learning), then the measured prompts through the same worker.
 * The clock runs from the upstream's first POST until every file is there and the contestant's own books say so.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { startUpstream, type GroupCounts, type Upstream } from '../upstream/upstream.ts';
import type { Contestant, Stand } from './contestant.ts';
import { filesIn } from './files.ts';
import { costOf } from './process-cost.ts';
import { kill } from './program.ts';

export interface Workload {
  count: number;
  warmUp: number;
}

export interface Measured {
  generationsPerSecond: number;
  /** Without a worker at work: how fast prompts are accepted, and can be worked on. */
  acceptedPerSecond: number;
  readyPerSecond: number;
  workerCpuMsPerGeneration: number;
  serverCpuMsPerGeneration: number;
  serverOperationsPerGeneration: number;
  requestsPerGeneration: number;
  workerPeakMiB: number;
  serverPeakMiB: number;
  repeatedPosts: number;
}

const LOOK_MS = 15;
const LONGEST_MS = 120_000;

export async function measure(contestant: Contestant, { count, warmUp }: Workload): Promise<Measured> {
  return withStand(contestant, { lists: false }, async (stage) => {
    const { stand } = stage;
    const enqueued = await stand.enqueue('warm', warmUp);
    const worker = await stand.startWorker();
    try {
      await allDone(stage, 'warm', warmUp);
      const before = { worker: costOf(worker.pid ?? 0), server: stand.server.cost(), operations: await stand.server.operations() };
      await stand.enqueue('run', count);
      const { counts, at } = await allDone(stage, 'run', count);
      const after = { worker: costOf(worker.pid ?? 0), server: stand.server.cost(), operations: await stand.server.operations() };
      return {
        generationsPerSecond: count / ((at - counts.firstPostAt) / 1000),
        acceptedPerSecond: warmUp / enqueued.acceptedSeconds,
        readyPerSecond: warmUp / enqueued.readySeconds,
        workerCpuMsPerGeneration: ((after.worker.cpuSeconds - before.worker.cpuSeconds) * 1000) / count,
        serverCpuMsPerGeneration: ((after.server.cpuSeconds - before.server.cpuSeconds) * 1000) / count,
        serverOperationsPerGeneration: (after.operations - before.operations) / count,
        requestsPerGeneration: (counts.posts + counts.polls + counts.assets) / count,
        workerPeakMiB: after.worker.peakMiB,
        serverPeakMiB: after.server.peakMiB,
        repeatedPosts: counts.repeated,
      };
    } finally {
      await kill(worker);
    }
  });
}

/** What one run happens on. */
export interface Stage<Opened extends Stand = Stand> {
  stand: Opened;
  upstream: Upstream;
  outFolder: string;
}

interface Opener<Opened extends Stand> {
  open: (...given: Parameters<Contestant['open']>) => Promise<Opened>;
}

/** Opens a contestant on a folder and an upstream of its own, and leaves nothing behind. `lists`: whether the upstream shows pages of tasks. */
export async function withStand<Opened extends Stand, Result>(
  contestant: Opener<Opened>,
  { lists }: { lists: boolean },
  use: (stage: Stage<Opened>) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  const outFolder = path.join(folder, 'out');
  await mkdir(outFolder);
  const upstream = await startUpstream(lists);
  try {
    const stand = await contestant.open({ folder, outFolder, upstreamUrl: upstream.url });
    try {
      return await use({ stand, upstream, outFolder });
    } finally {
      await stand.close();
    }
  } finally {
    await upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Waits until every file is there and the contestant's own books say so. Asks the upstream until all was fetched, and only then the contestant's
 * server, since watching must not cost what is watched. Throws after two minutes.
 */
export async function allDone(
  { stand, upstream, outFolder }: Stage,
  group: string,
  count: number,
): Promise<{ counts: GroupCounts; at: number }> {
  const deadline = Date.now() + LONGEST_MS;
  const isDone = async ({ assets }: GroupCounts): Promise<boolean> =>
    assets >= count && (await filesIn(path.join(outFolder, group))) >= count && (await stand.finished(group)) >= count;
  for (;;) {
    const counts = await upstream.counts(group);
    if (await isDone(counts)) return { counts, at: Date.now() };
    if (Date.now() > deadline) throw new Error(`${counts.assets} of ${count} were fetched within ${LONGEST_MS / 1000} s, and the rest was not`);
    await rest(LOOK_MS);
  }
}
