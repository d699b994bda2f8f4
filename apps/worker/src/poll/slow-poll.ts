/**
 * The pace of what nobody waits for: overdue, canceled and stray tasks are looked at in a trickle, whatever was learned of their kind, for as long
 * as an upstream keeps results. Pure.
 */
import type { Pace } from '@dailies/providers';

/** Kling and AceData keep results for 30 days, by their own documentation; after that there is nothing left to look for. */
export const RESULTS_KEPT_MS = 30 * 24 * 3_600_000;

/** The slow pause, in multiples of the longest pause between two usual polls. */
const LONGEST_WAITS = 5;
const JITTER = 0.15;

/** Milliseconds to the next look; with a `random` of 1 the longest. */
export function slowPoll(pace: Pace, random: number = Math.random()): number {
  return Math.round(pace.maxMs * LONGEST_WAITS * (1 + JITTER * (2 * random - 1)));
}
