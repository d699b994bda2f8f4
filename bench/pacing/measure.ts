/**
 * Three measures of learned polling: its cost against the policy that knows the law, its delay against a rival with as many polls, and its cost
 * over whole runs against its own fallback.
 */
import { completionLaw } from '@dailies/queue';
import { mean } from '../statistics.ts';
import { bimodal, draw, evenSample, exponential, logNormal, type Quantile, seeded } from './chance.ts';
import { densityRule } from './density-rule.ts';
import { learn, planOf } from './learner.ts';
import { oracle } from './oracle.ts';
import { FALLBACK, planned, type Policy } from './policies.ts';
import { costOf, expected, type Waited } from './wait.ts';

interface Effort {
  /** How often a lesson is drawn anew. */
  lessons: number;
  /** Into how many shares a law is cut where an expectation is taken. */
  shares: number;
}

export const LOG_NORMALS: Readonly<Record<string, Quantile>> = Object.fromEntries(
  [90, 180, 300].flatMap((median) => [0.35, 0.5, 0.8].map((sigma) => [`log-normal ${median} s, σ ${sigma}`, logNormal(median, sigma)])),
);
export const OTHERS: Readonly<Record<string, Quantile>> = {
  'exponential 120 s': exponential(120),
  'bimodal 60 and 300 s': bimodal(logNormal(60, 0.2), logNormal(300, 0.2)),
};

/** The law of each task of a run, one after another. */
export const RUNS: Readonly<Record<string, (task: number) => Quantile>> = {
  ...Object.fromEntries(Object.entries(OTHERS).map(([name, law]) => [name, () => law])),
  'drifting between 90 and 300 s': (task) => logNormal(90 * (300 / 90) ** ((1 - Math.cos((2 * Math.PI * task) / 600)) / 2), 0.35),
  'jumping between 90 and 300 s': (task) => logNormal(Math.floor(task / 150) % 2 === 0 ? 90 : 300, 0.35),
};
const SEEN = 200;
/** The density rule's first poll, as a quantile: of 2, 5, 10, 15, 20 and 30 % the best over all these laws. For a single law another may be best. */
const EARLY = 0.15;

export interface Several {
  mean: number;
  worst: number;
}

interface AgainstOracle {
  /** What the policy that knows the law costs, in seconds. */
  oracle: number;
  learned: Several;
  densityRule: Several;
  /** The cost of any policy, relative to the oracle's. */
  relative: (policy: Policy) => number;
}

/** Cost relative to the oracle's, learned from 200 tasks by the polls that waiting for them took. */
export function againstOracle(law: Quantile, secondsAPoll: number, effort: Effort): AgainstOracle {
  const sample = evenSample(law, effort.shares);
  const best = costOf(expected(oracle(evenSample(law, 10 * effort.shares), secondsAPoll), sample, seeded(1)), secondsAPoll);
  const relative = (policy: Policy): number => costOf(expected(policy, sample, seeded(2)), secondsAPoll) / best;
  const lessons = drawn(law, secondsAPoll, effort);
  return {
    oracle: best,
    learned: several(lessons.map((seen) => relative(planned(planOf(seen, secondsAPoll))))),
    densityRule: several(lessons.map((seen) => relative(densityRule(completionLaw(seen), secondsAPoll, EARLY)))),
    relative,
  };
}

/** Mean delay relative to the rival's, with as many polls a video as it makes. */
export function delayAtEqualPolls(law: Quantile, rival: Policy, effort: Effort): Several {
  const sample = evenSample(law, effort.shares);
  const theirs = expected(rival, sample, seeded(3));
  return several(
    drawn(law, 2, effort).map((seen) => {
      const ours = (secondsAPoll: number): Waited => expected(planned(planOf(seen, secondsAPoll)), sample, seeded(4));
      let [low, high] = [0.1, 100];
      for (let round = 0; round < 12; round += 1) {
        const middle = Math.sqrt(low * high);
        if (ours(middle).polls > theirs.polls) low = middle;
        else high = middle;
      }
      return ours(high).delaySeconds / theirs.delaySeconds;
    }),
  );
}

/** Cost of a whole run, its beginning included, relative to that of the fallback on the same tasks. */
export function runAgainstFallback(lawOf: (task: number) => Quantile, secondsAPoll: number, tasks: number, effort: Effort): Several {
  const total = (waited: readonly Waited[]): number => waited.reduce((sum, one) => sum + costOf(one, secondsAPoll), 0);
  return several(
    seeds(effort).map((seed) => {
      const random = seeded(seed);
      const done = Array.from({ length: tasks }, (_, task) => draw(lawOf(task), random));
      const usual = learn(done, secondsAPoll, seeded(seed + 1), () => FALLBACK);
      return total(learn(done, secondsAPoll, seeded(seed + 1)).waited) / total(usual.waited);
    }),
  );
}

function drawn(law: Quantile, secondsAPoll: number, effort: Effort) {
  return seeds(effort).map((seed) => {
    const random = seeded(seed);
    return learn(Array.from({ length: SEEN }, () => draw(law, random)), secondsAPoll, random).sightings;
  });
}

function seeds({ lessons }: Effort): number[] {
  return Array.from({ length: lessons }, (_, at) => 7919 * (at + 1));
}

function several(values: readonly number[]): Several {
  return { mean: mean(values), worst: Math.max(...values) };
}
