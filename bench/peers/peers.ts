/** The same workload on what a user would pick instead: how fast, what it costs, and what a kill in the middle leaves. */
import type { Contestant } from '../pipeline/contestant.ts';
import { type Aftermath, killInTheMiddle } from '../pipeline/kill.ts';
import type { Workload } from '../pipeline/measure.ts';
import { inTurn, lineOf, medians, ratios } from '../pipeline/turns.ts';
import { loadNow, writeResults } from '../results.ts';
import { median, rounded } from '../statistics.ts';
import { CONTESTANTS } from './contestants.ts';
import { versions } from './versions.ts';

export async function speedOfPeers(workload: Workload, runs: number, say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const { measured, failed } = await inTurn(CONTESTANTS, workload, runs, say);
  const own = measured.get('Dailies') ?? [];
  const dailiesTo = Object.fromEntries([...measured].map(([name, each]) => [name, rounded(median(ratios(own, each)))]));
  await writeResults('peers', load, {
    what: `${workload.count} prompts, each one POST, two polls and a file; ${runs} runs in turn; every server flushes before it answers`,
    versions: versions(),
    ...workload,
    runs,
    dailiesTo,
    medians: Object.fromEntries([...measured].map(([name, each]) => [name, medians(each)])),
    couldNotRun: Object.fromEntries(failed),
    measured: Object.fromEntries(measured),
  });
  for (const [name, each] of measured) say(`${name}: ${lineOf(medians(each))}; Dailies makes ${dailiesTo[name]} of it`);
}

/** One contestant after the other, except that they wait together until their queues notice that a worker is dead. */
export async function killPeers(count: number, say: (line: string) => void): Promise<void> {
  const load = loadNow();
  const aftermaths: Record<string, Aftermath | { couldNotRun: string }> = {};
  const watched: Promise<void>[] = [];
  const watch = async (contestant: Contestant, calm: () => void): Promise<void> => {
    const after = await killInTheMiddle(contestant, count, calm).catch((error: unknown) => ({
      couldNotRun: error instanceof Error ? error.message : String(error),
    }));
    aftermaths[contestant.name] = after;
    say(`${contestant.name}: ${'couldNotRun' in after ? after.couldNotRun : toldOf(after)}`);
    calm();
  };
  for (const contestant of CONTESTANTS) {
    await new Promise<void>((calm) => {
      watched.push(watch(contestant, calm));
    });
  }
  await Promise.all(watched);
  const what = `kill -9 of the worker at the ${Math.ceil(count / 2)}th of ${count} POSTs, started again at once`;
  await writeResults('peers-kill', load, { what, versions: versions(), count, aftermaths });
}

function toldOf({ repeatedPosts, lost, finishedSeconds, told }: Aftermath): string {
  const own = Object.entries(told).map(([what, number]) => `${what} ${number}`);
  const finished = finishedSeconds === null ? 'never finished' : `all there ${finishedSeconds.toFixed(1)} s after the kill`;
  return [`${repeatedPosts} POSTs repeated`, `${lost} generations lost`, finished, ...own].join(', ');
}
