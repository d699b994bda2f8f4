/**
 * What open pages cost the workers: the same work with and without open overviews, in turns within one run, with the worker and everything else
 * in processes of their own. Also measures the CPU of each process, since on a busy machine the wall clock says little.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { dailies, type DailiesStand } from '../pipeline/dailies.ts';
import { allDone, type Stage, withStand } from '../pipeline/measure.ts';
import { costOf } from '../pipeline/process-cost.ts';
import { kill, spawnProgram } from '../pipeline/program.ts';
import type { Told } from '../record.ts';
import { median, rounded } from '../statistics.ts';
import { type DashboardProcess, PASSWORD, startDashboard } from './dashboard-process.ts';

interface Turn {
  generationsPerSecond: number;
  /** Of CPU, for each generation. */
  workerCpuMs: number;
  redisCpuMs: number;
  /** Of one core, all the time. */
  dashboardCpuShare: number;
  fetchedPages: number;
}

interface Effort {
  /** Overviews that are open. */
  pages: number;
  /** Prompts a turn. */
  count: number;
  /** Turns with and without. */
  pairs: number;
}

/** Where a turn happens: the worker works through all of them. */
interface Working extends Stage<DailiesStand> {
  worker: ChildProcess;
}

export async function openPagesCost({ pages, count, pairs }: Effort, say: (line: string) => void): Promise<Told> {
  const found: Record<'without' | 'with', Turn[]> = { without: [], with: [] };
  await withStand(dailies, { lists: false }, async (stage) => {
    const worker = await stage.stand.startWorker();
    const working = { ...stage, worker };
    try {
      await turn(working, { group: 'warm', count: Math.min(count, 400), pages: 0 });
      for (let pair = 0; pair < pairs; pair += 1) {
        // The first of each pair changes, so that what grows during a run falls on both.
        for (const how of pair % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
          const one = await turn(working, { group: `${how}-${pair}`, count, pages: how === 'with' ? pages : 0 });
          found[how].push(one);
          say(`${how === 'with' ? `with ${pages} pages` : 'without'}: ${lineOf(one)}`);
        }
      }
    } finally {
      await kill(worker);
    }
  });
  // Medians of the neighbours' ratios: 0.95 is a twentieth less.
  const ratio = (of: (one: Turn) => number): number => rounded(median(found.with.map((one, at) => of(one) / neighbour(found.without[at], of))));
  const figures = {
    throughputRatio: ratio((one) => one.generationsPerSecond),
    workerCpuRatio: ratio((one) => one.workerCpuMs),
    redisCpuRatio: ratio((one) => one.redisCpuMs),
  };
  const line = [
    `throughput with ${pages} pages ${figures.throughputRatio} of that without`,
    `CPU of the worker ${figures.workerCpuRatio}, of Redis ${figures.redisCpuRatio} (medians of neighbours)`,
  ].join(', ');
  return { line, figures: { pages, generationsATurn: count, ...figures, ...found } };
}

function neighbour(one: Turn | undefined, of: (one: Turn) => number): number {
  return one === undefined ? Number.NaN : of(one);
}

function lineOf(one: Turn): string {
  return [
    `${one.generationsPerSecond} generations/s`,
    `worker ${one.workerCpuMs} ms and Redis ${one.redisCpuMs} ms of CPU each`,
    `dashboard ${Math.round(one.dashboardCpuShare * 100)} % of a core`,
    `${one.fetchedPages} pages fetched`,
  ].join(', ');
}

async function turn(working: Working, { group, count, pages }: { group: string; count: number; pages: number }): Promise<Turn> {
  const { stand, upstream, worker } = working;
  const dashboard = pages === 0 ? null : await openDashboard(stand, upstream.url);
  const readers = dashboard === null ? null : spawnProgram(OPEN_PAGES, [dashboard.url, PASSWORD, String(pages)], {});
  const cpu = () => ({
    worker: costOf(worker.pid ?? 0).cpuSeconds,
    redis: stand.server.cost().cpuSeconds,
    dashboard: dashboard === null ? 0 : costOf(dashboard.pid).cpuSeconds,
  });
  try {
    if (readers !== null) await word(readers);
    const [before, beganAt] = [cpu(), performance.now()];
    await stand.enqueue(group, count);
    const { counts } = await allDone(working, group, count);
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

const OPEN_PAGES = fileURLToPath(new URL('open-pages.ts', import.meta.url));

function openDashboard({ server }: DailiesStand, upstreamUrl: string): Promise<DashboardProcess> {
  return startDashboard({ REDIS_URL: server.url, KLING_API_KEY: 'bench', KLING_BASE_URL: upstreamUrl, KLING_ENDPOINT_PATH: 'bench' });
}

async function fetchedBy(readers: ChildProcess): Promise<number> {
  readers.send('how many');
  return Number(await word(readers));
}

/** The next message of the pages; throws if they end before it. */
async function word(readers: ChildProcess): Promise<unknown> {
  const ended = once(readers, 'exit').then(() => Promise.reject(new Error('the pages ended')));
  const [said] = await Promise.race([once(readers, 'message') as Promise<unknown[]>, ended]);
  return said;
}
