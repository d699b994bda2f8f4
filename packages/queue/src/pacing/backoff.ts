/** Exponential backoff with jitter between the pace's shortest and longest pause: when to look again while nothing is known of how long a task takes. Pure. */
import type { Pace } from '@dailies/providers';

/** From one pause to the next. */
export const GROWTH = 1.25;
const JITTER = 0.15;

/** Milliseconds until the next poll, after `polls` of them. */
export function backoff(pace: Pace, polls: number, random: number = Math.random()): number {
  const grown = Math.min(pace.maxMs, pace.minMs * GROWTH ** Math.min(polls, 60));
  return Math.max(pace.minMs, Math.round(grown * (1 + JITTER * (2 * random - 1))));
}
