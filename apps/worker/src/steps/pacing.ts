/**
 * When to look again: the provider's first wait, then exponential backoff with jitter between the pace's shortest and longest pause.
 * Pure. A learned policy will take the place of `nextPoll` (DESIGN §5).
 */
import type { Pace } from '@dailies/providers';

const GROWTH = 1.25;
const JITTER = 0.15;

/** Milliseconds until the next poll, after `polls` of them. */
export function nextPoll(pace: Pace, polls: number, random: number = Math.random()): number {
  const grown = Math.min(pace.maxMs, pace.minMs * GROWTH ** Math.min(polls, 60));
  return Math.max(pace.minMs, Math.round(grown * (1 + JITTER * (2 * random - 1))));
}

/** Overdue and canceled tasks are looked at in a trickle. */
export function slowPoll(pace: Pace, random: number = Math.random()): number {
  return Math.round(pace.maxMs * 5 * (1 + JITTER * (2 * random - 1)));
}
