/**
 * Learning as it happens: each task is polled by what was learned from the tasks before it, and only from the polls that were really made. Ten tasks
 * are in flight together, so the last ten are not known yet.
 */
import { NO_PLAN, type PollPlan, type Sighting, decodeSightings, encodeSightings, pollPlan } from '@dailies/queue';
import type { Random } from './chance.ts';
import { PACE, type Policy, planned } from './policies.ts';
import { type Waited, waitFor } from './wait.ts';

const IN_FLIGHT = 10;
/** As many as Redis keeps of one kind. */
const KEPT = 200;
const AS_OFTEN_AS = 10;

interface Lesson {
  waited: Waited[];
  sightings: Sighting[];
}

/** Waits for one task after another. `policyOf` makes a policy of what was learned; default: the production one. */
export function learn(
  doneMs: readonly number[],
  secondsAPoll: number,
  random: Random,
  policyOf: (sightings: readonly Sighting[]) => Policy = (sightings) => planned(planOf(sightings, secondsAPoll)),
): Lesson {
  const sightings: Sighting[] = [];
  const waited: Waited[] = [];
  let policy = policyOf([]);
  for (const [at, ms] of doneMs.entries()) {
    if (at % AS_OFTEN_AS === 0) policy = policyOf(asStored(sightings.slice(0, Math.max(0, at - IN_FLIGHT))));
    const { afterMs, byMs, ...one } = waitFor(policy, ms, random);
    waited.push(one);
    sightings.push({ afterMs, byMs });
  }
  return { waited, sightings: asStored(sightings) };
}

export function planOf(sightings: readonly Sighting[], secondsAPoll: number): PollPlan {
  return sightings.length === 0 ? NO_PLAN : pollPlan(sightings, PACE, secondsAPoll * 1000);
}

/** As they come out of the form in which Redis keeps them, which rounds. */
function asStored(sightings: readonly Sighting[]): Sighting[] {
  return decodeSightings(encodeSightings(sightings.slice(-KEPT)));
}
