/** One task, or a whole law of them, waited for by a policy. */
import type { Sighting } from '@dailies/queue';
import type { Random } from './chance.ts';
import type { Policy } from './policies.ts';

export interface Waited {
  polls: number;
  /** From done to noticed. */
  delaySeconds: number;
}

export function waitFor(policy: Policy, doneMs: number, random: Random): Waited & Sighting {
  let afterMs = 0;
  let byMs = policy.first(random);
  let polls = 1;
  while (byMs < doneMs) {
    const pause = policy.next(byMs, polls, random);
    afterMs = byMs;
    byMs += pause;
    polls += 1;
  }
  return { polls, delaySeconds: (byMs - doneMs) / 1000, afterMs, byMs };
}

/** What it is to be expected to take over this sample. */
export function expected(policy: Policy, sample: Float64Array, random: Random): Waited {
  const sum = { polls: 0, delaySeconds: 0 };
  for (const doneMs of sample) {
    const { polls, delaySeconds } = waitFor(policy, doneMs, random);
    sum.polls += polls;
    sum.delaySeconds += delaySeconds;
  }
  return { polls: sum.polls / sample.length, delaySeconds: sum.delaySeconds / sample.length };
}

export function costOf({ polls, delaySeconds }: Waited, secondsAPoll: number): number {
  return secondsAPoll * polls + delaySeconds;
}
