/**
 * The time that Dailies itself adds for a caller: from the POST of a single request until the paid submit is at the upstream, and from the upstream's
 * word that the video is ready until the file is whole on disk. Twenty requests a second; worker and Redis in processes of their own, the API in
 * this one.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { createLog } from '@dailies/queue';
import { createApi } from '../apps/producer/src/api/index.ts';
import { openHouse } from './house/house.ts';
import { loadNow, writeResults } from './results.ts';
import { type Shares, sharesOf } from './statistics.ts';

const PER_SECOND = 20;
const POLL_MS = 200;
const READY_MS = 1_000;
const WARM_UP = 40;
const LONGEST_MS = 60_000;

interface Submit {
  prompt: string;
  /** Epoch milliseconds at the upstream: of the submit, and of the first look that showed it ready. */
  at: number;
  knownAt: number;
}

export async function latency(say: (line: string) => void, count: number): Promise<void> {
  const load = loadNow();
  const environment = { ALLEGRO_FIRST_POLL_MS: String(POLL_MS), PORT: '0', API_HOST: '127.0.0.1' };
  const house = await openHouse({ tasks: count + WARM_UP, periodMs: POLL_MS, readyMs: READY_MS, environment });
  const api = createApi({ config: house.config, redisUrl: house.redisUrl, log: createLog({ level: 'error', name: 'bench' }), version: '0' });
  try {
    await house.worker();
    const { url } = await api.start();
    const postedAt = new Map<string, number>();
    for (let number = 0; number < count + WARM_UP; number += 1) {
      void post(url, number, postedAt);
      await rest(1_000 / PER_SECOND);
    }
    const files = await filesOnDisk(house.config.outFolder, count + WARM_UP);
    const submits = (await house.ask<Submit[]>('submits')).filter(({ prompt }) => numberOf(prompt) >= WARM_UP);
    const toSubmit = submits.map(({ prompt, at }) => at - (postedAt.get(prompt) ?? 0));
    const toFile = submits.map(({ prompt, knownAt }) => (files.get(`latency-${numberOf(prompt)}`) ?? Number.NaN) - knownAt);
    const fromReady = submits.map(({ prompt, at }) => (files.get(`latency-${numberOf(prompt)}`) ?? Number.NaN) - at - READY_MS);
    const figures = { requestToSubmitMs: shares(toSubmit), readyAnswerToFileMs: shares(toFile), readyToFileMs: shares(fromReady) };
    say(`${submits.length} requests, ${PER_SECOND}/s, until the submit is at the upstream: ${lineOf(figures.requestToSubmitMs)}`);
    say(`from the answer that says ready until the file is on disk, hashed, checked and flushed: ${lineOf(figures.readyAnswerToFileMs)}`);
    say(`from ready until the file is on disk, polled every ${POLL_MS} ms: ${lineOf(figures.readyToFileMs)}`);
    const what = 'single requests over HTTP, one worker; a video of 16 KiB';
    await writeResults('latency', load, { what, requests: submits.length, perSecond: PER_SECOND, pollMs: POLL_MS, ...figures });
  } finally {
    await api.stop(5_000);
    await house.close();
  }
}

/** As many words as Allegro wants. */
function promptOf(number: number): string {
  return `a red fox runs through fresh snow at dawn in slow motion take ${number}`;
}

function numberOf(prompt: string): number {
  return Number(prompt.split(' ').at(-1));
}

async function post(url: string, number: number, postedAt: Map<string, number>): Promise<void> {
  const prompt = promptOf(number);
  postedAt.set(prompt, Date.now());
  const answer = await fetch(`${url}/v1/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'allegro', prompt, id: `latency-${number}` }),
  });
  if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
  await answer.body?.cancel();
}

/** When each had its name (its inode was last changed), epoch milliseconds, by id. */
async function filesOnDisk(folder: string, count: number): Promise<Map<string, number>> {
  const startedAt = performance.now();
  for (;;) {
    const names = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.mp4'));
    if (names.length >= count || performance.now() - startedAt > LONGEST_MS) {
      return new Map(await Promise.all(names.map(async (name) => [path.basename(name, '.mp4'), (await stat(path.join(folder, name))).ctimeMs] as const)));
    }
    await rest(200);
  }
}

/** Leaves out requests whose file never came. */
function shares(values: readonly number[]): Shares {
  return sharesOf(values.filter((value) => !Number.isNaN(value)));
}

function lineOf({ p50, p99, worst }: Shares): string {
  return `${p50} ms p50, ${p99} ms p99, ${worst} ms worst`;
}
