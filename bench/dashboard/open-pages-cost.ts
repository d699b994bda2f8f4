/**
 * What open pages cost the workers: the same work with and without ten open overviews, taking turns within one run, one worker and everything
 * else processes of their own. Beside the wall's clock, which a busy machine makes worthless, the CPU of each process.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dailies, type DailiesStand } from '../pipeline/dailies.ts';
import { costOf } from '../pipeline/process-cost.ts';
import { kill, spawnProgram } from '../pipeline/program.ts';
import type { Told } from '../record.ts';
import { median, rounded } from '../statistics.ts';
import { startUpstream, type Upstream } from '../upstream/upstream.ts';
import { PASSWORD, startDashboard } from './dashboard-process.ts';

interface Turn {
  generationsPerSecond: number;
  workerCpuMs: number;
  redisCpuMs: number;
  /** Of one core, all the time. */
  dashboardCpuShare: number;
  fetchedPages: number;
}

const LOOK_MS = 50;
const LONGEST_MS = 120_000;

export async function openPagesCost(pages: number, count: number, pairs: number, say: (line: string) => void): Promise<Told> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  const outFolder = path.join(folder, 'out');
  await mkdir(outFolder);
  const upstream = await startUpstream(false);
  const stand = await dailies.open({ folder, outFolder, upstreamUrl: upstream.url });
  const worker = await stand.startWorker();
  const found: Record<'without' | 'with', Turn[]> = { without: [], with: [] };
  try {
    await turn(stand, upstream, worker, 'warm', Math.min(count, 400), 0);
    for (let pair = 0; pair < pairs; pair += 1) {
      // Who begins changes, so that what grows during a run falls on both.
      const order = pair % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
      for (const how of order) {
        const one = await turn(stand, upstream, worker, `${how}-${pair}`, count, how === 'with' ? pages : 0);
        found[how].push(one);
        say(`${how === 'with' ? `with ${pages} pages` : 'without'}: ${one.generationsPerSecond} generations/s, worker ${one.workerCpuMs} ms and Redis ${one.redisCpuMs} ms of CPU each, dashboard ${Math.round(one.dashboardCpuShare * 100)} % of a core, ${one.fetchedPages} pages fetched`);
      }
    }
  } finally {
    await kill(worker);
    await stand.close();
    await upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
  const ratio = (of: (one: Turn) => number): number => rounded(median(found.with.map((one, at) => of(one) / (found.without[at] === undefined ? NaN : of(found.without[at])))));
  // Medians of the neighbours' ratios: 0.95 is a twentieth less.
  const figures = { throughputRatio: ratio((one) => one.generationsPerSecond), workerCpuRatio: ratio((one) => one.workerCpuMs), redisCpuRatio: ratio((one) => one.redisCpuMs) };
  const line = `throughput with ${pages} pages ${figures.throughputRatio} of that without, CPU of the worker ${figures.workerCpuRatio}, of Redis ${figures.redisCpuRatio} (medians of neighbours)`;
  return { line, figures: { pages, generationsATurn: count, ...figures, ...found } };
}

async function turn(stand: DailiesStand, upstream: Upstream, worker: ChildProcess, group: string, count: number, pages: number): Promise<Turn> {
  const dashboard = pages === 0 ? null : await startDashboard({ REDIS_URL: stand.server.url, KLING_API_KEY: 'bench', KLING_BASE_URL: upstream.url, KLING_ENDPOINT_PATH: 'bench' });
  const readers = dashboard === null ? null : spawnProgram(fileURLToPath(new URL('open-pages.ts', import.meta.url)), [dashboard.url, PASSWORD, String(pages)], {});
  try {
    if (readers !== null) await word(readers);
    const cpu = () => ({ worker: costOf(worker.pid ?? 0).cpuSeconds, redis: stand.server.cost().cpuSeconds, dashboard: dashboard === null ? 0 : costOf(dashboard.pid).cpuSeconds });
    const [before, beganAt] = [cpu(), performance.now()];
    await stand.enqueue(group, count);
    const counts = await done(stand, upstream, group, count);
    const [after, seconds] = [cpu(), (performance.now() - beganAt) / 1000];
    const each = (name: 'worker' | 'redis'): number => rounded(((after[name] - before[name]) * 1000) / count);
    return {
      generationsPerSecond: rounded(count / ((counts.lastAssetAt - counts.firstPostAt) / 1000)),
      workerCpuMs: each('worker'),
      redisCpuMs: each('redis'),
      dashboardCpuShare: rounded((after.dashboard - before.dashboard) / seconds),
      fetchedPages: readers === null ? 0 : await fetchedBy(readers),
    };
  } finally {
    if (readers !== null) await kill(readers);
    await dashboard?.close();
  }
}

async function fetchedBy(readers: ChildProcess): Promise<number> {
  readers.send('how many');
  return Number(await word(readers));
}

async function word(readers: ChildProcess): Promise<unknown> {
  const ended = once(readers, 'exit').then(() => Promise.reject(new Error('the pages ended')));
  const [said] = await Promise.race([once(readers, 'message') as Promise<unknown[]>, ended]);
  return said;
}

async function done(stand: DailiesStand, upstream: Upstream, group: string, count: number) {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const counts = await upstream.counts(group);
    if (counts.assets >= count && (await stand.finished(group)) >= count) return counts;
    if (Date.now() > deadline) throw new Error(`${counts.assets} of ${count} were fetched within ${LONGEST_MS / 1000} s`);
    await rest(LOOK_MS);
  }
}
