/**
 * Whether an upstream has become faster or slower all at once. Then the sightings from before say nothing of what comes, and are left out. The newest 12,
 * 24, 48 and 96 sightings are compared with those before them by their ranks (Mann and Whitney 1947); what chance alone does once in some ten thousand
 * times is taken for a change. A false alarm costs some polls, never a video.
 */
import { type Sighting, agesOf } from './sighting.ts';

const NEWEST = [12, 24, 48, 96];
const FEWEST_BEFORE = 20;
/** In standard deviations. */
const TOO_FAR = 4;

/** `sightings` oldest first; answers those since the last change. */
export function sinceShift(sightings: readonly Sighting[]): readonly Sighting[] {
  const middles = sightings.map((one) => {
    const [after, by] = agesOf(one);
    // A task that was found done by its first look says little about how long it had been done.
    return after === 0 ? by - 3 : (after + by) / 2;
  });
  for (const newest of NEWEST) {
    const before = sightings.length - newest;
    if (before >= FEWEST_BEFORE && Math.abs(rankDistance(middles, before)) > TOO_FAR) return sightings.slice(before);
  }
  return sightings;
}

/** How far the ranks of those from `split` on are from what chance would give, in standard deviations. */
function rankDistance(values: readonly number[], split: number): number {
  const order = values.map((value, at) => ({ value, late: at >= split })).sort((a, b) => a.value - b.value);
  const late = values.length - split;
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && order[to]?.value === order[from]?.value) to += 1;
    for (let at = from; at < to; at += 1) if (order[at]?.late === true) rankSum += (from + to + 1) / 2;
    from = to;
  }
  const expected = (late * (values.length + 1)) / 2;
  return (rankSum - expected) / Math.sqrt((split * late * (values.length + 1)) / 12);
}
