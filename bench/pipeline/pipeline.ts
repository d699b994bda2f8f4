/** The whole path of Dailies against the bare BullMQ pipeline: the same requests to the same upstream, in turn, so that a busy machine slows both. */
import { loadNow, median, rounded, writeResults } from '../results.ts';
import { bare } from './bare.ts';
import { dailies } from './dailies.ts';
import type { Workload } from './measure.ts';
import { inTurn, lineOf, medians, ratios } from './turns.ts';

export async function wholePath(workload: Workload, runs: number, say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const { measured } = await inTurn([bare, dailies], workload, runs, say);
  const [base, own] = [measured.get(bare.name) ?? [], measured.get(dailies.name) ?? []];
  const each = ratios(own, base);
  const ratio = rounded(median(each));
  await writeResults('pipeline', load, {
    what: `${workload.count} prompts, each one POST, two polls and a file; ${runs} runs in turn; Redis with appendfsync always for both`,
    ...workload,
    runs,
    ratio,
    ratios: each,
    medians: { [bare.name]: medians(base), [dailies.name]: medians(own) },
    measured: Object.fromEntries(measured),
  });
  say(`${bare.name}: ${lineOf(medians(base))}`);
  say(`${dailies.name}: ${lineOf(medians(own))}`);
  say(`${dailies.name} makes ${ratio} of the generations a second that ${bare.name} makes (median of the ratios of neighbours: ${each.join(', ')}; load before ${load.toFixed(1)})`);
}
