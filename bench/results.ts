/** Writes the figures of one part to `bench/results/<name>.json`, with what they were measured on. */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { machine } from './machine.ts';
import { rounded } from './statistics.ts';

/** `load`: the machine's load average before anything began. Above a few tenths, absolute figures say little. */
export async function writeResults(name: string, load: number, figures: object): Promise<void> {
  const target = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
  await mkdir(fileURLToPath(new URL('results/', import.meta.url)), { recursive: true });
  await writeFile(target, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine: machine(), loadBefore: rounded(load), ...figures }, null, 2)}\n`);
}

/** The load average of the last minute. */
export function loadNow(): number {
  return os.loadavg()[0] ?? 0;
}
