/** Writes the figures of one part to `bench/results/<name>.json`, with what they were measured on. */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { machine } from './machine.ts';

/** `load`: of the machine before anything began; above a few tenths, absolute figures say little. */
export async function writeResults(name: string, load: number, figures: object): Promise<void> {
  const target = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
  await mkdir(fileURLToPath(new URL('results/', import.meta.url)), { recursive: true });
  await writeFile(target, `${JSON.stringify({ measuredAt: new Date().toISOString(), machine: machine(), loadBefore: rounded(load), ...figures }, null, 2)}\n`);
}

export function loadNow(): number {
  return os.loadavg()[0] ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
