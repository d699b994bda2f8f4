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
  return withStand(contestant, { lists: false }, async (stand, upstream, outFolder) => {
    const enqueued = await stand.enqueue('warm', warmUp);
    const worker = await stand.startWorker();
    try {
      await done(stand, upstream, outFolder, 'warm', warmUp);
      const before = { worker: costOf(worker.pid ?? 0), server: stand.server.cost(), operations: await stand.server.operations() };
      await stand.enqueue('run', count);
      const { counts, at } = await done(stand, upstream, outFolder, 'run', count);
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

type Use<Result> = (stand: Stand, upstream: Upstream, outFolder: string) => Promise<Result>;

/** `lists`: whether the upstream shows pages of tasks (upstream/upstream.ts). */
export async function withStand<Result>(contestant: Contestant, { lists }: { lists: boolean }, use: Use<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  const outFolder = path.join(folder, 'out');
  await mkdir(outFolder);
  const upstream = await startUpstream(lists);
  try {
    const stand = await contestant.open({ folder, outFolder, upstreamUrl: upstream.url });
    try {
      return await use(stand, upstream, outFolder);
    } finally {
      await stand.close();
    }
  } finally {
    await upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The upstream is asked until all was fetched, and only then the contestant's server: watching must not cost what is watched. */
async function done(stand: Stand, upstream: Upstream, outFolder: string, group: string, count: number): Promise<{ counts: GroupCounts; at: number }> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const counts = await upstream.counts(group);
    if (counts.assets >= count && (await filesIn(path.join(outFolder, group))) >= count && (await stand.finished(group)) >= count) return { counts, at: Date.now() };
    if (Date.now() > deadline) throw new Error(`${counts.assets} of ${count} were fetched within ${LONGEST_MS / 1000} s, and the rest was not`);
    await rest(LOOK_MS);
  }
}
