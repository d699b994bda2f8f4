/** Simulates policies of polling, with the same figures at every run on every machine. Written to bench/results/pacing.json. */
import { writeFile } from 'node:fs/promises';
import { LOG_NORMALS, OTHERS, RUNS, type Several, againstOracle, delayAtEqualPolls, runAgainstFallback } from './pacing/measure.ts';
import { PACE, RIVALS, growing } from './pacing/policies.ts';

const EFFORT = { lessons: 10, shares: 1_000 };
const TASKS = 1_200;
const COSTS = [2, 5];
const EXPONENTIAL = growing(5, 2, 60);

export async function pacing(say: (line: string) => void): Promise<void> {
  const results: Record<string, unknown> = { pace: PACE, ...EFFORT, tasks: TASKS };
  for (const cost of COSTS) {
    say(
      `Cost (${cost} s a poll + seconds of delay) relative to the policy that knows the law; `
      + `learned from 200 tasks, mean and worst of ${EFFORT.lessons} lessons:`,
    );
    for (const [name, law] of Object.entries({ ...LOG_NORMALS, ...OTHERS })) {
      const { oracle, learned, densityRule, relative } = againstOracle(law, cost, EFFORT);
      const rivals = Object.fromEntries(Object.entries(RIVALS).map(([rival, policy]) => [rival, round(relative(policy))]));
      results[`cost ${cost}: ${name}`] = { oracleSeconds: round(oracle), learned: rounded(learned), densityRule: rounded(densityRule), ...rivals };
      const others = Object.entries(rivals).map(([rival, ratio]) => `${rival} ${ratio}`);
      say(`  ${name.padEnd(26)} learned ${text(learned)}, by the density rule ${text(densityRule)}; ${others.join(', ')}`);
    }
  }
  say(`Mean delay relative to exponential ×2 to 60 s, with as many polls a video:`);
  for (const [name, law] of Object.entries(LOG_NORMALS)) {
    const ratio = delayAtEqualPolls(law, EXPONENTIAL, EFFORT);
    results[`equal polls: ${name}`] = rounded(ratio);
    say(`  ${name.padEnd(26)} ${text(ratio)}`);
  }
  say(`Cost of ${TASKS} tasks from the first one on, relative to the backoff on the same tasks:`);
  for (const cost of COSTS) {
    for (const [name, lawOf] of Object.entries(RUNS)) {
      const ratio = runAgainstFallback(lawOf, cost, TASKS, EFFORT);
      results[`run, cost ${cost}: ${name}`] = rounded(ratio);
      say(`  ${name.padEnd(30)} ${cost} s a poll: ${text(ratio)}`);
    }
  }
  await writeFile(new URL('results/pacing.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
}

function text({ mean, worst }: Several): string {
  return `${mean.toFixed(3)} (worst ${worst.toFixed(3)})`;
}

function rounded({ mean, worst }: Several): Several {
  return { mean: round(mean), worst: round(worst) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
