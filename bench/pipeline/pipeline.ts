/** The whole path of Dailies against the bare BullMQ pipeline: the same requests to the same upstream, in turn, so that a busy machine slows both. */
import { loadNow, median, rounded, writeResults } from '../results.ts';
import { bare } from './bare.ts';
import type { Contestant } from './contestant.ts';
import { dailies } from './dailies.ts';
import { type Measured, type Workload, measure } from './measure.ts';

export async function wholePath(workload: Workload, runs: number, say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const measured = await interleaved([bare, dailies], workload, runs, say);
  const [base, own] = [medians(measured.get(bare.name) ?? []), medians(measured.get(dailies.name) ?? [])];
  // Of neighbours in time, not of the medians: what slowed one of them has slowed the other.
  const ratios = (measured.get(dailies.name) ?? []).map((one, at) => one.generationsPerSecond / (measured.get(bare.name)?.[at]?.generationsPerSecond ?? Number.NaN));
  const ratio = rounded(median(ratios));
  await writeResults('pipeline', load, {
    what: `${workload.count} prompts, each one POST, two polls and a file; medians of ${runs} runs in turn; Redis with appendfsync always for both`,
    ...workload,
    runs,
    ratio,
    ratios: ratios.map(rounded),
    medians: { [bare.name]: base, [dailies.name]: own },
    measured: Object.fromEntries(measured),
  });
  say(`${bare.name}: ${lineOf(base)}`);
  say(`${dailies.name}: ${lineOf(own)}`);
  say(`${dailies.name} makes ${ratio} of the generations a second that ${bare.name} makes (median of ${runs} ratios of neighbours: ${ratios.map((one) => one.toFixed(2)).join(', ')}; load before ${load.toFixed(1)})`);
}

async function interleaved(contestants: readonly Contestant[], workload: Workload, runs: number, say: (line: string) => void): Promise<Map<string, Measured[]>> {
  const measured = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let run = 1; run <= runs; run += 1) {
    for (const contestant of contestants) {
      const one = roundedAll(await measure(contestant, workload));
      measured.get(contestant.name)?.push(one);
      say(`run ${run}, ${contestant.name}: ${lineOf(one)}`);
    }
  }
  return measured;
}

function medians(runs: readonly Measured[]): Measured {
  const names = Object.keys(runs[0] ?? {}) as (keyof Measured)[];
  return Object.fromEntries(names.map((name) => [name, rounded(median(runs.map((run) => run[name])))])) as unknown as Measured;
}

function lineOf(one: Measured): string {
  return [
    `${one.generationsPerSecond.toFixed(0)} generations/s`,
    `enqueue ${one.acceptedPerSecond.toFixed(0)}/s${one.readyPerSecond === one.acceptedPerSecond ? '' : ` (with jobs ${one.readyPerSecond.toFixed(0)}/s)`}`,
    `CPU a generation ${one.workerCpuMsPerGeneration.toFixed(2)} ms worker + ${one.serverCpuMsPerGeneration.toFixed(2)} ms server`,
    `${one.serverOperationsPerGeneration.toFixed(1)} server operations and ${one.requestsPerGeneration.toFixed(2)} requests a generation`,
    `peak ${one.workerPeakMiB.toFixed(0)} + ${one.serverPeakMiB.toFixed(0)} MiB`,
    ...(one.repeatedPosts > 0 ? [`${one.repeatedPosts} POSTs repeated`] : []),
  ].join(', ');
}

function roundedAll(one: Measured): Measured {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, rounded(value as number)])) as unknown as Measured;
}
