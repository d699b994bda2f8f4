/**
 * When to look at a task, given the law of its completion: the looks that minimise cost × looks + seconds from done to noticed.
 *
 * This is optimal inspection (Barlow, Hunter and Proschan, "Optimum checking procedures", J. SIAM 11, 1963): with looks at x₁ < x₂ < … and law F,
 *
 *   E = Σ [ c · (1 − F(xₖ)) + ∫ (xₖ₊₁ − t) dF(t) from xₖ to xₖ₊₁ ]
 *
 * Their answer is a recursion that is started by trial and is stable for some laws only. On a grid of ages the same sum is an exact dynamic
 * programme, backwards: J(x) = min over y of c · (1 − F(x)) + ∫ (y − t) dF(t) from x to y + J(y), where y − x is no less than the shortest pause
 * and no more than the longest. J is the cost from a look at x on, weighted by the chance that it is made at all. The first look is the y of x = 0,
 * never before the provider's first wait.
 * The asymptotic rule √(hazard / 2c), the other known way, was measured beside it: as good where its first look is tuned to the law, else dearer
 * (bench/pacing, docs/decisions/012).
 *
 * Beyond the age by which all but a fiftieth are done an estimated law says nothing: from there on pauses grow as in a backoff.
 * Pure, and a table afterwards: asking it for a time is one interpolation.
 */
import type { Pace } from '@dailies/providers';
import { GROWTH } from './backoff.ts';
import { type CompletionLaw, ageAt, doneBy } from './completion-law.ts';

export interface PollSchedule {
  /** The age of the first look. */
  firstMs: number;
  /** From this age on pauses grow. */
  coveredMs: number;
  /** The age of each row of `pauses` is this, times GRID per row. */
  startMs: number;
  /** Milliseconds to the look after one that found it pending. */
  pauses: Float64Array;
}

/** Neighbouring ages of the grid: closer than a tenth of the shortest sensible pause. */
const GRID = 1.01;
const COVERED = 0.98;
/** The programme looks further than its schedule is followed, so that its end distorts nothing. */
const HORIZON = 0.998;
/** However little a look may be worth: by the first one no more than this share is done and waits. */
const WAITING_AT_FIRST = 0.25;

export function pollSchedule(law: CompletionLaw, pace: Pace, costMs: number): PollSchedule {
  const startMs = Math.max(1, pace.firstPollMs, Math.min(ageAt(law, 0.0005), pace.deadlineMs / 2));
  const rows = Math.max(2, Math.ceil(Math.log(ageAt(law, HORIZON) / startMs) / Math.log(GRID)) + 1);
  const grid = gridOf(law, startMs, rows);
  const { ages, done } = grid;
  const costs = new Float64Array(rows);
  const pauses = new Float64Array(rows);
  for (let row = rows - 1; row >= 0; row -= 1) {
    const here = cell(ages, row);
    let least = Infinity;
    let best = pace.minMs;
    for (let to = row + 1; to < rows; to += 1) {
      const pause = cell(ages, to) - here;
      if (pause < pace.minMs) continue;
      // Where no age of the grid is between the shortest and the longest pause, the next one stands for the longest.
      if (pause > pace.maxMs && least < Infinity) break;
      const cost = delay(grid, row, to) + cell(costs, to);
      if (cost < least) [least, best] = [cost, Math.min(pause, pace.maxMs)];
    }
    // Too near to the end of the grid for a pause: all that is left is noticed by one look after it.
    if (least === Infinity) least = (1 - cell(done, row)) * best;
    costs[row] = costMs * (1 - cell(done, row)) + least;
    pauses[row] = best;
  }
  const latest = Math.min(ageAt(law, WAITING_AT_FIRST), pace.deadlineMs / 2);
  return { firstMs: firstOf(grid, costs, latest), coveredMs: Math.max(startMs, ageAt(law, COVERED)), startMs, pauses };
}

/** Milliseconds to the next look, after one at this age that found it pending. No jitter yet. */
export function scheduledPause({ firstMs, coveredMs, startMs, pauses }: PollSchedule, ageMs: number, pace: Pace): number {
  if (ageMs < startMs) return Math.max(pace.minMs, firstMs - ageMs);
  const position = Math.min(pauses.length - 1, Math.log(Math.min(ageMs, coveredMs) / startMs) / Math.log(GRID));
  const row = Math.floor(position);
  const usual = cell(pauses, row) + (cell(pauses, Math.min(row + 1, pauses.length - 1)) - cell(pauses, row)) * (position - row);
  const grown = usual + (GROWTH - 1) * Math.max(0, ageMs - coveredMs);
  return Math.max(pace.minMs, Math.min(grown, pace.maxMs));
}

/** The law at the ages of the programme. */
interface Grid {
  ages: Float64Array;
  /** The share that is done by each age. */
  done: Float64Array;
  /** ∫ t dF(t) up to each age. */
  moments: Float64Array;
}

function gridOf(law: CompletionLaw, startMs: number, rows: number): Grid {
  const ages = Float64Array.from({ length: rows }, (_, row) => startMs * GRID ** row);
  const done = ages.map((age) => doneBy(law, age));
  return { ages, done, moments: momentsOf(ages, done) };
}

/** Of the looks that may be first the cheapest: what is done before waits for it. */
function firstOf(grid: Grid, costs: Float64Array, latest: number): number {
  const { ages, done } = grid;
  let least = Infinity;
  let first = 0;
  for (let row = 0; row < ages.length && (row === 0 || cell(ages, row) <= latest); row += 1) {
    const waited = cell(done, 0) * (cell(ages, row) - cell(ages, 0)) + delay(grid, 0, row);
    const cost = waited + cell(costs, row);
    if (cost < least) [least, first] = [cost, cell(ages, row)];
  }
  return first;
}

/** ∫ (y − t) dF(t) between two rows. */
function delay({ ages, done, moments }: Grid, from: number, to: number): number {
  return cell(ages, to) * (cell(done, to) - cell(done, from)) - (cell(moments, to) - cell(moments, from));
}

function momentsOf(ages: Float64Array, done: Float64Array): Float64Array {
  const moments = new Float64Array(ages.length);
  for (let row = 1; row < ages.length; row += 1) {
    moments[row] = cell(moments, row - 1) + ((cell(done, row) - cell(done, row - 1)) * (cell(ages, row) + cell(ages, row - 1))) / 2;
  }
  return moments;
}

function cell(table: Float64Array, at: number): number {
  return table[at] ?? 0;
}
