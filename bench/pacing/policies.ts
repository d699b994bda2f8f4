/** Ways of waiting for a task, each as the milliseconds to its first look and from one look to the next. */
import { NO_PLAN, type PollPlan, firstWait, nextWait } from '@dailies/queue';
import type { Random } from './chance.ts';

export interface Policy {
  first(random: Random): number;
  next(ageMs: number, polls: number, random: Random): number;
}

/** The pace that all of Dailies' own policies keep to here. */
export const PACE = { firstPollMs: 20_000, minMs: 5_000, maxMs: 60_000, deadlineMs: 45 * 60_000, missingGraceMs: 120_000 };

function fixed(seconds: number): Policy {
  return { first: () => seconds * 1000, next: () => seconds * 1000 };
}

export function growing(fromSeconds: number, factor: number, toSeconds: number): Policy {
  const pause = (polls: number): number => 1000 * Math.min(toSeconds, fromSeconds * factor ** polls);
  return { first: () => pause(0), next: (_age, polls) => pause(polls) };
}

/** Anything up to an exponential bound, as SDKs do it. */
function fullJitter(fromSeconds: number, toSeconds: number): Policy {
  const pause = (polls: number, random: Random): number => Math.max(1000, 1000 * random() * Math.min(toSeconds, fromSeconds * 2 ** polls));
  return { first: (random) => pause(0, random), next: (_age, polls, random) => pause(polls, random) };
}

export function planned(plan: PollPlan): Policy {
  return { first: () => firstWait(plan, PACE), next: (ageMs, polls, random) => nextWait(plan, PACE, { ageMs, polls }, random()) };
}

export const FALLBACK = planned(NO_PLAN);

export const RIVALS: Readonly<Record<string, Policy>> = {
  'fixed 5 s': fixed(5),
  'fixed 10 s': fixed(10),
  'exponential ×2 to 60 s': growing(5, 2, 60),
  '5 s ×1.5 to 45 s': growing(5, 1.5, 45),
  'full jitter to 60 s': fullJitter(5, 60),
  'backoff of Dailies': FALLBACK,
};
