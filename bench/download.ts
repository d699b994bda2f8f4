/**
 * Throughput of a download, including hashing, checking and fsync: 1 GiB in eight files at once over the loopback, through the worker's own
 * `fetchAsset`, against eight curls that fetch the same from the same server. They take turns, so that a busy machine slows both.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchAsset } from '../apps/worker/src/download/fetch-asset.ts';
import { loadNow, writeResults } from './results.ts';
import { median, rounded as round } from './statistics.ts';

const FILES = 8;
const FILE_BYTES = 128 * 1024 ** 2;
const REPETITIONS = 7;

type Way = 'dailies' | 'curl' | 'curl | sha256sum';

/** Answers a line for people; the figures go to bench/results/download.json. */
export async function downloadThroughput(): Promise<string> {
  const { server, origin } = await startServer();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  try {
    const urls = Array.from({ length: FILES }, (_, at) => `${origin}/${at}.mp4`);
    const ways: Record<Way, () => Promise<unknown>> = {
      'curl': () => Promise.all(urls.map((url, at) => shell(`curl -sS --fail -o ${at}.mp4 ${url}`, folder))),
      'dailies': () => Promise.all(urls.map((url, at) => fetchOwn(url, folder, `${at}.mp4`))),
      'curl | sha256sum': () => Promise.all(urls.map((url) => shell(`curl -sS --fail ${url} | sha256sum`, folder))),
    };
    const load = loadNow();
    return await report(await measure(ways, folder), load);
  } finally {
    server.stdin?.end();
    server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function fetchOwn(url: string, folder: string, name: string): Promise<unknown> {
  return fetchAsset({ url }, { folder, name, nextName: async () => `more-${name}`, token: 'bench' }, { allowPrivateAddresses: true, expect: 'video' });
}

async function measure(ways: Record<Way, () => Promise<unknown>>, folder: string): Promise<Record<Way, number[]>> {
  const seconds: Record<Way, number[]> = { 'dailies': [], 'curl': [], 'curl | sha256sum': [] };
  // The first turn warms everything up, and is not counted.
  for (let turn = 0; turn <= REPETITIONS; turn += 1) {
    for (const way of ['curl', 'dailies', 'curl | sha256sum'] as const) {
      const started = performance.now();
      await ways[way]();
      if (turn > 0) seconds[way].push((performance.now() - started) / 1000);
      for (let at = 0; at < FILES; at += 1) await rm(path.join(folder, `${at}.mp4`), { force: true });
    }
  }
  return seconds;
}

async function report(seconds: Record<Way, number[]>, load: number): Promise<string> {
  const throughput = (way: Way): number => Math.round((FILES * FILE_BYTES) / 1024 ** 2 / median(seconds[way]));
  // The median of the ratios of neighbours, not the ratio of medians: what slowed one of two neighbours has slowed the other.
  const ratioTo = (way: Way): number => round(median(seconds.dailies.map((own, at) => (seconds[way][at] ?? own) / own)));
  const results = {
    what: `${FILES} files of ${FILE_BYTES / 1024 ** 2} MiB at once over the loopback; dailies hashes, checks and fsyncs, curl only writes`,
    repetitions: REPETITIONS,
    medianMiBPerSecond: { 'dailies': throughput('dailies'), 'curl': throughput('curl'), 'curl | sha256sum': throughput('curl | sha256sum') },
    ratioToCurl: ratioTo('curl'),
    ratioToCurlWithSha256sum: ratioTo('curl | sha256sum'),
    seconds: Object.fromEntries(Object.entries(seconds).map(([way, all]) => [way, all.map(round)])),
  };
  await writeResults('download', load, results);
  const { medianMiBPerSecond: speeds, ratioToCurl, ratioToCurlWithSha256sum } = results;
  return [
    `dailies ${speeds.dailies} MiB/s, curl ${speeds.curl} MiB/s, curl | sha256sum ${speeds['curl | sha256sum']} MiB/s:`,
    `${ratioToCurl} of curl, ${ratioToCurlWithSha256sum} of curl | sha256sum (median of ${REPETITIONS} turns, load before ${round(load)})`,
  ].join(' ');
}

async function startServer(): Promise<{ server: ChildProcess; origin: string }> {
  const file = fileURLToPath(new URL('asset-server.ts', import.meta.url));
  const server = spawn(process.execPath, [...process.execArgv, file, String(FILE_BYTES)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  return { server, origin: `http://127.0.0.1:${port.toString().trim()}` };
}

async function shell(command: string, cwd: string): Promise<void> {
  const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}. Is curl installed?`);
}
