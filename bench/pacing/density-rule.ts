/**
 * The asymptotic rule, kept to be measured: the first look at an early quantile of the law, then looks as dense as √(hazard / 2c). Which quantile is
 * best depends on the law and on c; the exact programme needs none (docs/decisions/012), and is what Dailies runs.
 */
import { type CompletionLaw, ageAt, doneBy } from '@dailies/queue';
import { PACE, type Policy } from './policies.ts';

const STEP_MS = 1000;

export function densityRule(law: CompletionLaw, secondsAPoll: number, earlyShare: number): Policy {
  const coveredMs = ageAt(law, 0.98);
  const density = (ageMs: number): number => {
    const at = Math.min(ageMs, coveredMs);
    const hazard = (doneBy(law, at + STEP_MS) - doneBy(law, at)) / Math.max(1e-9, 1 - doneBy(law, at));
    return Math.sqrt(Math.max(0, hazard) / (2 * secondsAPoll));
  };
  return {
    first: () => Math.max(PACE.firstPollMs, ageAt(law, earlyShare)),
    next(ageMs, _polls, random) {
      let looks = 0;
      let pause = 0;
      while (looks < 1 && pause < PACE.maxMs) {
        looks += density(ageMs + pause);
        pause += STEP_MS;
      }
      const grown = Math.min(PACE.maxMs, pause + 0.25 * Math.max(0, ageMs - coveredMs));
      return Math.max(PACE.minMs, grown * (1 + 0.1 * (2 * random() - 1)));
    },
  };
}
