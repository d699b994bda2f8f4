/**
 * When to look at a task: by what was learned of its kind, as far as that is to be trusted, and else by backoff with jitter.
 *
 * With few sightings it is the backoff alone; from 20 to 60 of them the two are mixed, more and more for what was learned; a change of the upstream
 * begins anew (law-shift.ts). Whatever was learned: never before the provider's first wait, never two looks within its shortest pause, and from the
 * first look on no pause above its longest (jitter aside). Pure.
 */
import type { Pace } from '@dailies/providers';
import { backoff } from './backoff.ts';
import { completionLaw } from './completion-law.ts';
import { sinceShift } from './law-shift.ts';
import { type PollSchedule, pollSchedule, scheduledPause } from './poll-schedule.ts';
import type { Sighting } from './sighting.ts';

export interface PollPlan {
  /** From 0, backoff alone, to 1. */
  trust: number;
  schedule: PollSchedule | null;
}

/** Nothing was learned. */
export const NO_PLAN: PollPlan = { trust: 0, schedule: null };

const TOO_FEW = 20;
const ENOUGH = 60;
/** Keeps the polls of tasks apart that were submitted together, and lets looks fall on other ages each time, so that the law is learned better. */
const JITTER = 0.1;

/** `costMs`: how many milliseconds of delay one look is worth. */
export function pollPlan(sightings: readonly Sighting[], pace: Pace, costMs: number): PollPlan {
  const valid = sinceShift(sightings);
  const trust = Math.min(1, Math.max(0, (valid.length - TOO_FEW) / (ENOUGH - TOO_FEW)));
  return trust === 0 ? NO_PLAN : { trust, schedule: pollSchedule(completionLaw(valid), pace, costMs) };
}

/** Milliseconds from the accepted submit to the first look. */
export function firstWait({ trust, schedule }: PollPlan, pace: Pace): number {
  return schedule === null ? pace.firstPollMs : Math.round(pace.firstPollMs + trust * Math.max(0, schedule.firstMs - pace.firstPollMs));
}

/** Milliseconds to the next look at a task that was found pending at this age, after so many polls. */
export function nextWait(
  { trust, schedule }: PollPlan,
  pace: Pace,
  { polls, ageMs }: { polls: number; ageMs: number },
  random: number = Math.random(),
): number {
  const usual = backoff(pace, polls, random);
  if (schedule === null) return usual;
  const learned = scheduledPause(schedule, ageMs, pace) * (1 + JITTER * (2 * random - 1));
  return Math.max(pace.minMs, Math.round(usual + trust * (learned - usual)));
}
