import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';
import { ageAt, completionLaw, doneBy } from './completion-law.ts';
import { sinceShift } from './law-shift.ts';
import { firstWait, nextWait, pollPlan } from './poll-plan.ts';
import { pollSchedule } from './poll-schedule.ts';
import { type Sighting, decodeSightings, encodeSightings } from './sighting.ts';

const PACE = { firstPollMs: 20_000, minMs: 5_000, maxMs: 60_000, deadlineMs: 45 * 60_000, missingGraceMs: 1 };
const COST_MS = 2_000;

const sighting = fc.tuple(fc.double({ min: 0, max: 2e7, noNaN: true }), fc.double({ min: 0, max: 2e7, noNaN: true })).map(([one, other]): Sighting => ({ afterMs: Math.min(one, other), byMs: Math.max(one, other) }));
const sightings = fc.array(sighting, { maxLength: 240 });
const pace = fc
  .record({ firstPollMs: fc.integer({ min: 0, max: 300_000 }), minMs: fc.integer({ min: 1, max: 60_000 }), more: fc.integer({ min: 0, max: 120_000 }), deadlineMs: fc.integer({ min: 1, max: 7_200_000 }) })
  .map(({ firstPollMs, minMs, more, deadlineMs }) => ({ firstPollMs, minMs, maxMs: minMs + more, deadlineMs, missingGraceMs: 1 }));

/** Done within five seconds before these ages. */
function seen(...agesSeconds: number[]): Sighting[] {
  return agesSeconds.map((age) => ({ afterMs: (age - 5) * 1000, byMs: age * 1000 }));
}

function around(seconds: number, count: number): Sighting[] {
  return seen(...Array.from({ length: count }, (_, at) => seconds * (0.8 + (0.4 * ((at * 7) % count)) / count)));
}

test('whatever was seen: never before the first wait, never faster than the shortest pause, never slower than the longest and its jitter', () => {
  fc.assert(
    fc.property(sightings, pace, fc.double({ min: 1, max: 600_000, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1e8, noNaN: true }), (all, own, costMs, random, polls, later) => {
      const plan = pollPlan(all, own, costMs);
      const first = firstWait(plan, own);
      expect(first).toBeGreaterThanOrEqual(own.firstPollMs);
      expect(first).toBeLessThanOrEqual(Math.max(own.firstPollMs, own.deadlineMs / 2) + 1);
      const pause = nextWait(plan, own, { polls, ageMs: first + later }, random);
      expect(pause).toBeGreaterThanOrEqual(own.minMs);
      expect(pause).toBeLessThanOrEqual(Math.ceil(own.maxMs * 1.15));
    }),
    { numRuns: 150 },
  );
});

test('a look that came before the first one by plan is followed by that one, not by looks at nothing', () => {
  const plan = pollPlan(around(300, 100), PACE, COST_MS);
  expect(firstWait(plan, PACE)).toBeGreaterThan(200_000);
  expect(30_000 + nextWait(plan, PACE, { polls: 1, ageMs: 30_000 }, 0.5)).toBeGreaterThan(200_000);
});

test('with fewer than twenty sightings it is the backoff; from there to sixty it comes nearer and nearer to what was learned', () => {
  const firsts = [0, 19, 20, 30, 45, 60].map((count) => firstWait(pollPlan(around(300, count), PACE, COST_MS), PACE));
  expect(firsts.slice(0, 3)).toEqual([20_000, 20_000, 20_000]);
  expect(firsts.toSorted((a, b) => a - b)).toEqual(firsts);
  expect(firsts[5]).toBeGreaterThan(200_000);
  expect(nextWait(pollPlan(around(300, 19), PACE, COST_MS), PACE, { polls: 3, ageMs: 280_000 }, 0.3)).toBe(backoff(PACE, 3, 0.3));
});

test('a pace of one single pause is learned for as well as one with some room', () => {
  const learned = seen(...Array.from({ length: 100 }, (_, at) => 60 * 1.02 ** ((at * 37) % 100)));
  const [fixed = 0, free = 1] = [0, 3_000].map((room) => firstWait(pollPlan(learned, { ...PACE, minMs: 10_000 - room, maxMs: 10_000 + room }, COST_MS), PACE));
  expect(Math.abs(fixed / free - 1)).toBeLessThan(0.1);
});

test('the law is a law: it never falls, ends at 1, and gives back its own quantiles', () => {
  fc.assert(
    fc.property(fc.array(sighting, { minLength: 1, maxLength: 100 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (all, share) => {
      const law = completionLaw(all);
      expect(law.every((value, at) => value >= (law[at - 1] ?? 0) && value <= 1)).toBe(true);
      expect(law.at(-1)).toBe(1);
      expect(doneBy(law, ageAt(law, share))).toBeCloseTo(share, 6);
    }),
    { numRuns: 100 },
  );
});

test('on an exponential law the pauses are the ones that the theory gives, whatever the age', () => {
  // The best constant pause x solves e^(x/m) = 1 + (x + c)/m, m being the mean.
  const meanMs = 120_000;
  let best = 1;
  while (Math.exp(best / meanMs) < 1 + (best + COST_MS) / meanMs) best += 1;
  const exact = completionLaw([{ afterMs: 0, byMs: 1 }]).map((_, at, law) => (at === law.length - 1 ? 1 : 1 - Math.exp(-ageOf(at) / meanMs)));
  const { pauses, startMs } = pollSchedule(exact, PACE, COST_MS);
  const middle = pauses.filter((_, row) => startMs * 1.01 ** row < 2 * meanMs);
  const mean = middle.reduce((sum, pause) => sum + pause, 0) / middle.length;
  expect(Math.abs(mean / best - 1)).toBeLessThan(0.05);
});

test('a longer delay for a poll means fewer polls', () => {
  const learned = around(180, 120);
  const pauses = [1_000, 4_000, 16_000, 64_000].map((costMs) => nextWait(pollPlan(learned, PACE, costMs), PACE, { polls: 2, ageMs: 180_000 }, 0.5));
  expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
  expect(pauses.at(-1)).toBeGreaterThan(2 * (pauses[0] ?? 0));
});

test('a task that takes much longer than any before is looked at less and less, as in a backoff', () => {
  const plan = pollPlan(around(100, 200), PACE, COST_MS);
  const pauses: number[] = [];
  for (let ageMs = 120_000; ageMs < 900_000; ) {
    const pause = nextWait(plan, PACE, { polls: 5 + pauses.length, ageMs }, 0.5);
    pauses.push(pause);
    ageMs += pause;
  }
  expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
  expect(pauses.at(-1)).toBe(60_000);
});

test('an upstream that becomes slower or faster all at once is noticed within two dozen tasks, and what was known before is forgotten', () => {
  for (const now of [60, 400]) {
    const changed = sinceShift([...around(150, 150), ...around(now, 24)]);
    expect(changed.length).toBeLessThanOrEqual(24);
  }
  const steady = around(150, 200);
  expect(sinceShift(steady)).toBe(steady);
});

test('sightings keep their ages to the width of a class, and their order', () => {
  fc.assert(
    fc.property(fc.array(sighting, { maxLength: 50 }), (all) => {
      const kept = decodeSightings(encodeSightings(all));
      expect(kept.length).toBe(all.length);
      for (const [at, { afterMs, byMs }] of kept.entries()) {
        expect(afterMs).toBeLessThan(byMs);
        expect(encodeSightings([{ afterMs, byMs }])).toBe(encodeSightings(all.slice(at, at + 1)));
      }
    }),
  );
  expect(decodeSightings('zz000900')).toEqual([]);
  expect(decodeSightings(`zzz${encodeSightings(seen(90, 120))}`)).toHaveLength(2);
});

function ageOf(index: number): number {
  return index === 0 ? 0 : 50 * 1.05 ** (index - 1);
}
