/** Lets contestants take turns, so that what slows one run slows its neighbours too. One that cannot run is named with the reason, and left out. */
import { median, rounded } from '../statistics.ts';
import type { Contestant } from './contestant.ts';
import { type Measured, type Workload, measure } from './measure.ts';

export interface Turns {
  measured: Map<string, Measured[]>;
  /** By name: why a contestant could not run. */
  failed: Map<string, string>;
}

export async function inTurn(contestants: readonly Contestant[], workload: Workload, runs: number, say: (line: string) => void): Promise<Turns> {
  const measured = new Map<string, Measured[]>();
  const failed = new Map<string, string>();
  for (let run = 1; run <= runs; run += 1) {
    for (const contestant of contestants) {
      const { name } = contestant;
      if (failed.has(name)) continue;
      try {
        const one = roundedAll(await measure(contestant, workload));
        measured.set(name, [...(measured.get(name) ?? []), one]);
        say(`run ${run}, ${name}: ${lineOf(one)}`);
      } catch (error) {
        failed.set(name, error instanceof Error ? error.message : String(error));
        say(`run ${run}, ${name} could not run: ${failed.get(name)}`);
      }
    }
  }
  return { measured, failed };
}

export function medians(runs: readonly Measured[]): Measured {
  const names = Object.keys(runs[0] ?? {}) as (keyof Measured)[];
  return Object.fromEntries(names.map((name) => [name, rounded(median(runs.map((run) => run[name])))])) as unknown as Measured;
}

/** The ratios of neighbours in time, whose median is compared, not the ratio of medians: what slowed one neighbour has slowed the other. */
export function ratios(own: readonly Measured[], base: readonly Measured[]): number[] {
  return own.flatMap((one, at) => {
    const other = base[at];
    return other === undefined ? [] : [rounded(one.generationsPerSecond / other.generationsPerSecond)];
  });
}

export function lineOf(one: Measured): string {
  return [
    `${one.generationsPerSecond.toFixed(0)} generations/s`,
    `enqueue ${one.acceptedPerSecond.toFixed(0)}/s${one.readyPerSecond === one.acceptedPerSecond ? '' : ` (with jobs ${one.readyPerSecond.toFixed(0)}/s)`}`,
    `CPU a generation ${one.workerCpuMsPerGeneration.toFixed(2)} ms worker + ${one.serverCpuMsPerGeneration.toFixed(2)} ms server`,
    ...(Number.isNaN(one.serverOperationsPerGeneration) ? [] : [`${one.serverOperationsPerGeneration.toFixed(1)} server operations a generation`]),
    `${one.requestsPerGeneration.toFixed(2)} requests a generation`,
    `memory ${one.workerPeakMiB.toFixed(0)} + ${one.serverPeakMiB.toFixed(0)} MiB`,
    ...(one.repeatedPosts > 0 ? [`${one.repeatedPosts} POSTs repeated`] : []),
  ].join(', ');
}

function roundedAll(one: Measured): Measured {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, rounded(value as number)])) as unknown as Measured;
}
