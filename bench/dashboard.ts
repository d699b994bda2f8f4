/** The dashboard over a large ledger, as a process of its own: how long pages take, what memory it needs, and what open pages cost the workers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as rest } from 'node:timers/promises';
import { readBatch } from '@dailies/queue';
import { fillLedger } from './fill-ledger.ts';
import type { Told } from './record.ts';
import { median, rounded } from './results.ts';
import { openScene, type Scene } from './scene.ts';

const PASSWORD = 'only for the bench';
const PAGES = ['/', '/generations', '/generations?q=whale+dawn', '/generations?q=%22paper+boats%22&state=failed&kind=moderated', '/generations?meta=shot%3D77&by=studio', '/generations?q=nothing+of+this', '/batches', '/batches/shoot-3', '/inbox'];
const TIMES = 9;

interface Pages {
  url: string;
  /** Megabytes of resident memory. */
  memory(): Promise<number>;
  fetch(route: string): Promise<{ milliseconds: number; body: string }>;
  close(): Promise<void>;
}

export async function largeLedger(count: number, say: (line: string) => void): Promise<Told> {
  const scene = await openScene({ speed: 1 }, {});
  try {
    const start = performance.now();
    await fillLedger(scene.store, scene.config, count);
    say(`${count} generations written in ${((performance.now() - start) / 1000).toFixed(0)} s`);
    const pages = await openPages(scene);
    try {
      const first = performance.now();
      while ((await pages.fetch('/')).body.includes('Reading the ledger')) await rest(250);
      const figures = { generations: count, firstReadingSeconds: rounded((performance.now() - first) / 1000), memoryMB: await pages.memory(), milliseconds: {} as Record<string, { median: number; worst: number }> };
      say(`first reading ${figures.firstReadingSeconds.toFixed(1)} s, memory ${figures.memoryMB} MB`);
      for (const route of PAGES) {
        const times: number[] = [];
        for (let at = 0; at < TIMES; at += 1) {
          // What is kept for a second is not what is to be measured.
          await rest(1_050);
          times.push((await pages.fetch(route)).milliseconds);
        }
        const [middle, worst] = [Math.round(median(times)), Math.round(Math.max(...times))];
        figures.milliseconds[route] = { median: middle, worst };
        say(`${route.padEnd(58)} ${String(middle).padStart(4)} ms in the middle, ${worst} ms at worst`);
      }
      const memoryAfterwardsMB = await pages.memory();
      return { line: `memory afterwards ${memoryAfterwardsMB} MB`, figures: { ...figures, memoryAfterwardsMB } };
    } finally {
      await pages.close();
    }
  } finally {
    await scene.close();
  }
}

/**
 * Videos per second of one worker, without and with so many open pages, alternating so that the machine's mood falls on both. Only a quiet machine
 * tells less than a tenth apart.
 */
export async function openPagesCost(open: number, prompts: number): Promise<Told> {
  const rates: Record<'without' | 'with', number[]> = { without: [], with: [] };
  for (const how of ['without', 'with', 'without', 'with', 'without', 'with'] as const) rates[how].push(await videosPerSecond(how === 'with' ? open : 0, prompts));
  const [without, with_] = [median(rates.without), median(rates.with)];
  const percent = 100 * (with_ / without - 1);
  const list = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(', ');
  return {
    line: `${without.toFixed(1)} videos/s without a dashboard (${list(rates.without)}), ${with_.toFixed(1)} with ${open} open pages (${list(rates.with)}): ${percent.toFixed(1)} %`,
    figures: { openPages: open, prompts, videosPerSecond: { without: rounded(without), with: rounded(with_) }, changePercent: rounded(percent) },
  };
}

async function videosPerSecond(open: number, prompts: number): Promise<number> {
  const scene = await openScene({ speed: 200, limits: { acedata: 50 }, durations: { hailuo: 30_000 } }, { ACEDATA_MAX_IN_FLIGHT: '50' });
  const pages = open === 0 ? null : await openPages(scene);
  const lines = new AbortController();
  try {
    await scene.enqueue(prompts);
    for (let at = 0; at < open; at += 1) void stayOpen(pages, lines.signal);
    const start = performance.now();
    await scene.worker();
    while (((await readBatch(scene.store, 'bench'))?.counts.succeeded ?? 0) < prompts) await rest(50);
    return prompts / ((performance.now() - start) / 1000);
  } finally {
    lines.abort();
    await pages?.close();
    await scene.close();
  }
}

/** As assets/live.js does it: told of a change, the page fetches itself again, at most once a second. */
async function stayOpen(pages: Pages | null, signal: AbortSignal): Promise<void> {
  if (pages === null) return;
  const headers = { authorization: AUTHORIZATION };
  const response = await fetch(`${pages.url}/live`, { headers, signal }).catch(() => null);
  const reader = response?.body?.getReader();
  if (reader === undefined) return;
  while (!signal.aborted) {
    const { done } = await reader.read().catch(() => ({ done: true }));
    if (done) return;
    await pages.fetch('/').catch(() => undefined);
    await rest(1_000, undefined, { signal }).catch(() => undefined);
  }
}

const AUTHORIZATION = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;

async function openPages(scene: Scene): Promise<Pages> {
  const environment = { REDIS_URL: scene.redisUrl, REDIS_TAG: scene.config.redisTag, DASHBOARD_PORT: '0', DASHBOARD_PASSWORD: PASSWORD, ACEDATA_API_KEY: 'bench', LOG_LEVEL: 'error' };
  const main = path.join(import.meta.dirname, '../apps/dashboard/src/main.ts');
  const child = spawn(process.execPath, ['--conditions=dailies-source', '--import', 'tsx', main], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await addressOf(child);
  return {
    url,
    memory: async () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1000),
    async fetch(route) {
      const start = performance.now();
      const response = await fetch(`${url}${route}`, { headers: { authorization: AUTHORIZATION, accept: 'text/html' } });
      const body = await response.text();
      if (response.status !== 200) throw new Error(`${route}: ${response.status}`);
      return { milliseconds: performance.now() - start, body };
    },
    async close() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('no stderr');
  for await (const line of createInterface(child.stderr)) {
    const [url] = /http:\/\/[\d.:]+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('the dashboard did not start');
}
