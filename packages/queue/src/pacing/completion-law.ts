/**
 * How long tasks of one kind take, estimated from sightings, which are intervals: a poll only says "done since the last look".
 *
 * The maximum-likelihood law of intervals is Turnbull's (JRSS B 38, 1976): spread each interval over the ages in it in proportion to the current
 * law, add up, repeat. By itself that ends in a few spikes; so each round is followed by a smoothing one (EMS: Silverman, Jones, Wilson and Nychka,
 * JRSS B 52, 1990) with a Gaussian kernel over log time, whose width follows from spread and number of the sightings. Old ones count for less, so
 * that the law follows an upstream that changes by and by; what a sudden change makes untrue is forgotten before (law-shift.ts).
 *
 * Pure. A statistic, never a truth: nothing but the time of a free look may depend on it.
 */
import { AGES, type Sighting, ageIndex, ageMs, agesOf } from './sighting.ts';

/** The share that is done by each of the ages of sighting.ts: from 0 to 1, never falling. */
export type CompletionLaw = Float64Array;

/** After so many newer ones a sighting counts half. */
const HALF_LIFE = 100;
const ROUNDS = 20;
/** The share of every interval that is spread evenly: what the law holds for impossible must stay possible, or it could never follow. */
const DOUBT = 0.1;
/** How early a task that was done at its first look may have been done, as a share of its age then. */
const EARLIEST = 1 / 3;
/** Less than the 0.9 of Silverman's rule: intervals have smoothed already. */
const WIDTH = 0.7;

/** `sightings` oldest first, at least one. */
export function completionLaw(sightings: readonly Sighting[]): CompletionLaw {
  const intervals = sightings.map((one, at) => interval(one, 2 ** ((at + 1 - sightings.length) / HALF_LIFE)));
  const count = intervals.reduce((sum, { weight }) => sum + weight, 0);
  const kernel = gaussian(kernelWidth(intervals, count));
  let mass: Float64Array = new Float64Array(AGES).fill(1 / AGES);
  for (let round = 0; round < ROUNDS; round += 1) mass = smoothed(spread(intervals, mass, count), kernel);
  const law = new Float64Array(AGES);
  for (let at = 1; at < AGES; at += 1) law[at] = Math.min(1, (law[at - 1] ?? 0) + (mass[at] ?? 0));
  law[AGES - 1] = 1;
  return law;
}

/** The share that is done by this age; straight lines between the ages of the scale. */
export function doneBy(law: CompletionLaw, milliseconds: number): number {
  const nearest = ageIndex(milliseconds);
  const above = Math.max(1, ageMs(nearest) < milliseconds ? nearest + 1 : nearest);
  if (above >= AGES) return 1;
  const low = ageMs(above - 1);
  const before = law[above - 1] ?? 0;
  return before + (((law[above] ?? 1) - before) * (milliseconds - low)) / (ageMs(above) - low);
}

/** The age by which this share is done. */
export function ageAt(law: CompletionLaw, share: number): number {
  const above = Math.max(1, law.findIndex((value) => value >= share));
  const before = law[above - 1] ?? 0;
  const low = ageMs(above - 1);
  const step = (law[above] ?? 1) - before;
  return step <= 0 ? low : low + ((ageMs(above) - low) * Math.max(0, share - before)) / step;
}

interface Interval {
  /** The first and the last class of ages in it; a class is named by the age at its end. */
  from: number;
  to: number;
  weight: number;
}

function interval(sighting: Sighting, weight: number): Interval {
  const [after, by] = agesOf(sighting);
  return { from: Math.max(after, Math.min(by - 1, ageIndex(ageMs(by) * EARLIEST))) + 1, to: by, weight };
}

function spread(intervals: readonly Interval[], mass: Float64Array, count: number): Float64Array {
  const next = new Float64Array(AGES);
  for (const { from, to, weight } of intervals) {
    let inside = 0;
    for (let at = from; at <= to; at += 1) inside += mass[at] ?? 0;
    const doubt = inside > 1e-12 ? DOUBT : 1;
    const asKnown = doubt === 1 ? 0 : ((1 - doubt) * weight) / (inside * count);
    const evenly = (doubt * weight) / ((to - from + 1) * count);
    for (let at = from; at <= to; at += 1) next[at] = (next[at] ?? 0) + asKnown * (mass[at] ?? 0) + evenly;
  }
  return next;
}

/** In classes of ages. */
function kernelWidth(intervals: readonly Interval[], count: number): number {
  let mean = 0;
  let variance = 0;
  for (const { from, to, weight } of intervals) mean += (weight * (from + to)) / 2 / count;
  for (const { from, to, weight } of intervals) variance += (weight * ((from + to) / 2 - mean) ** 2) / count;
  return Math.max(1, WIDTH * Math.sqrt(variance) * count ** -0.2);
}

/** From the middle outwards. */
function gaussian(width: number): number[] {
  const half = Array.from({ length: Math.ceil(3 * width) + 1 }, (_, at) => Math.exp(-((at / width) ** 2) / 2));
  const sum = half.reduce((total, weight) => total + 2 * weight, -1);
  return half.map((weight) => weight / sum);
}

/** What would fall off either end stays in the last class there. */
function smoothed(mass: Float64Array, kernel: readonly number[]): Float64Array {
  const next = new Float64Array(AGES);
  const reach = kernel.length - 1;
  for (let at = 1; at < AGES; at += 1) {
    const here = mass[at] ?? 0;
    if (here < 1e-12) continue;
    for (let off = -reach; off <= reach; off += 1) {
      const to = Math.min(AGES - 1, Math.max(1, at + off));
      next[to] = (next[to] ?? 0) + here * (kernel[Math.abs(off)] ?? 0);
    }
  }
  return next;
}
