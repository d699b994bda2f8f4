/**
 * The whole path of Dailies against the bare BullMQ pipeline, and against that with the guarantees alone: the same requests to the same upstream,
 * in turns, so that a busy machine slows all of them.
 */
import { loadNow, writeResults } from '../results.ts';
import { median, rounded } from '../statistics.ts';
import { bare, guarded } from './bare.ts';
import { dailies } from './dailies.ts';
import type { Workload } from './measure.ts';
import { inTurn, lineOf, medians, ratios } from './turns.ts';

export async function wholePath(workload: Workload, runs: number, say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const { measured } = await inTurn([bare, guarded, dailies], workload, runs, say);
  const [base, least, own] = [bare, guarded, dailies].map(({ name }) => measured.get(name) ?? []);
  const each = ratios(own ?? [], base ?? []);
  const ratio = rounded(median(each));
  const ofGuarantees = ratios(least ?? [], base ?? []);
  const againstThem = ratios(own ?? [], least ?? []);
  await writeResults('pipeline', load, {
    what: `${workload.count} prompts, each one POST, two polls and a file; ${runs} runs in turn; Redis with appendfsync always for all`,
    ...workload,
    runs,
    ratio,
    ratios: each,
    ratioOfTheGuaranteesAlone: rounded(median(ofGuarantees)),
    ratioToTheGuaranteesAlone: rounded(median(againstThem)),
    medians: Object.fromEntries([...measured].map(([name, runs]) => [name, medians(runs)])),
    measured: Object.fromEntries(measured),
  });
  for (const [name, one] of measured) say(`${name}: ${lineOf(medians(one))}`);
  say(
    `${dailies.name} makes ${ratio} of the generations a second that ${bare.name} makes `
    + `(median of the ratios of neighbours: ${each.join(', ')}; load before ${load.toFixed(1)})`,
  );
  say(`the guarantees alone leave ${rounded(median(ofGuarantees))} of bare BullMQ; Dailies makes ${rounded(median(againstThem))} of that`);
}
