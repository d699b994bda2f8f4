/** The dashboard over a large ledger, as a process of its own: how long pages take, and what memory it needs. */
import { setTimeout as rest } from 'node:timers/promises';
import { fillLedger } from '../fill-ledger.ts';
import type { Told } from '../record.ts';
import { median, rounded } from '../statistics.ts';
import { openScene } from '../scene.ts';
import { startDashboard } from './dashboard-process.ts';

const PAGES = [
  '/',
  '/generations',
  '/generations?q=whale+dawn',
  '/generations?q=%22paper+boats%22&state=failed&kind=moderated',
  '/generations?meta=shot%3D77&by=studio',
  '/generations?q=nothing+of+this',
  '/batches',
  '/batches/shoot-3',
  '/inbox',
];
const TIMES = 9;

export async function largeLedger(count: number, say: (line: string) => void): Promise<Told> {
  const scene = await openScene({ speed: 1 }, {});
  try {
    const start = performance.now();
    await fillLedger(scene.store, scene.config, count);
    say(`${count} generations written in ${((performance.now() - start) / 1000).toFixed(0)} s`);
    const pages = await startDashboard({ REDIS_URL: scene.redisUrl, REDIS_TAG: scene.config.redisTag, ACEDATA_API_KEY: 'bench' });
    try {
      const first = performance.now();
      while ((await pages.fetch('/')).body.includes('Reading the ledger')) await rest(250);
      const firstReadingSeconds = rounded((performance.now() - first) / 1000);
      say(`first reading ${firstReadingSeconds} s, memory ${await pages.memoryMB()} MB`);
      const found: { route: string; median: number; worst: number }[] = [];
      for (const route of PAGES) {
        const times: number[] = [];
        for (let at = 0; at < TIMES; at += 1) {
          // The dashboard keeps what it computed for a second: wait until that is over.
          await rest(1_050);
          times.push((await pages.fetch(route)).milliseconds);
        }
        const one = { route, median: Math.round(median(times)), worst: Math.round(Math.max(...times)) };
        found.push(one);
        say(`${route.padEnd(58)} ${String(one.median).padStart(4)} ms in the middle, ${one.worst} ms at worst`);
      }
      const memoryMB = await pages.memoryMB();
      return { line: `memory afterwards ${memoryMB} MB`, figures: { generations: count, firstReadingSeconds, memoryMB, milliseconds: found } };
    } finally {
      await pages.close();
    }
  } finally {
    await scene.close();
  }
}
