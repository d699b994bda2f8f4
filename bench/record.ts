/** Takes one measurement after the other, prints a line for each, and writes the figures of all to `bench/results/<name>.json`. */
import { loadNow, writeResults } from './results.ts';

export interface Told {
  line: string;
  figures: object;
}

export async function record(name: string, what: Record<string, readonly (() => Promise<Told>)[]>): Promise<void> {
  const load = loadNow();
  const figures: Record<string, object[]> = {};
  for (const [group, measurements] of Object.entries(what)) {
    figures[group] = [];
    for (const measurement of measurements) {
      const told = await measurement();
      process.stdout.write(`  ${told.line}\n`);
      figures[group].push(told.figures);
    }
  }
  await writeResults(name, load, figures);
}
