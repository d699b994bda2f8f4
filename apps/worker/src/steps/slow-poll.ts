/** Overdue and canceled tasks are looked at in a trickle, whatever was learned of their kind: they are past what it knows, or nobody waits for them. Pure. */
import type { Pace } from '@dailies/providers';

const JITTER = 0.15;

export function slowPoll(pace: Pace, random: number = Math.random()): number {
  return Math.round(pace.maxMs * 5 * (1 + JITTER * (2 * random - 1)));
}
