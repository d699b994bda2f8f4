import { expect, test } from 'vitest';
import { sightingOf } from './sighting-of.ts';

const PACE = { firstPollMs: 20_000, minMs: 5_000, maxMs: 60_000, deadlineMs: 3_600_000, missingGraceMs: 1 };
const SUBMITTED = 1_000_000;
const rendering = { state: 'rendering' as const, submittedAt: SUBMITTED };
const found = (afterMs: number, tookMs?: number, firstWaitMs = 20_000) => ({ at: SUBMITTED + afterMs, tookMs, firstWaitMs });

test('it was done between the last look that said pending and the one that found it', () => {
  expect(sightingOf({ ...rendering, lastPolledAt: SUBMITTED + 80_000 }, PACE, found(95_000))).toEqual({ afterMs: 80_000, byMs: 95_000 });
  expect(sightingOf(rendering, PACE, found(21_000))).toEqual({ afterMs: 0, byMs: 21_000 });
});

test('a look that says nothing is not one that says pending', () => {
  expect(sightingOf({ ...rendering, lastPolledAt: SUBMITTED + 80_000, blindSince: SUBMITTED + 70_000 }, PACE, found(95_000))).toEqual({ afterMs: 70_000, byMs: 95_000 });
});

test("the upstream's own time, or that of its callback, is exact, where it does not contradict the looks", () => {
  const looked = { ...rendering, lastPolledAt: SUBMITTED + 80_000 };
  expect(sightingOf(looked, PACE, found(95_000, 88_000))).toEqual({ afterMs: 88_000, byMs: 88_000 });
  expect(sightingOf(looked, PACE, found(95_000, 96_000))).toEqual({ afterMs: 95_000, byMs: 95_000 });
  expect(sightingOf(looked, PACE, found(95_000, 88))).toEqual({ afterMs: 80_000, byMs: 95_000 });
  expect(sightingOf({ ...looked, hintAt: SUBMITTED + 94_000 }, PACE, found(95_000))).toEqual({ afterMs: 94_000, byMs: 94_000 });
  expect(sightingOf({ ...looked, hintAt: SUBMITTED + 30_000 }, PACE, found(95_000))).toEqual({ afterMs: 80_000, byMs: 95_000 });
});

test('after a pause, an outage or a retry the time since the last look says nothing', () => {
  expect(sightingOf({ ...rendering, lastPolledAt: SUBMITTED + 80_000 }, PACE, found(300_000))).toBeNull();
  expect(sightingOf(rendering, PACE, found(300_000))).toBeNull();
  expect(sightingOf(rendering, PACE, found(300_000, undefined, 260_000))).toEqual({ afterMs: 0, byMs: 300_000 });
  expect(sightingOf(rendering, PACE, found(300_000, 100_000))).toEqual({ afterMs: 100_000, byMs: 100_000 });
});

test('what is overdue, canceled, restored from a backup or older than its submit is not counted', () => {
  expect(sightingOf({ ...rendering, state: 'overdue' }, PACE, found(21_000))).toBeNull();
  expect(sightingOf({ ...rendering, state: 'canceled' }, PACE, found(21_000))).toBeNull();
  expect(sightingOf({ ...rendering, restored: true }, PACE, found(21_000))).toBeNull();
  expect(sightingOf({ state: 'rendering' }, PACE, found(21_000))).toBeNull();
  expect(sightingOf(rendering, PACE, found(-5_000))).toBeNull();
});
