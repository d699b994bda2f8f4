/** Percentiles, medians and means of measured values. Zero when nothing was measured. */
export interface Shares {
  p50: number;
  p99: number;
  worst: number;
}

/** What 50 and 99 of a hundred values do not exceed, and the largest, in whole units of what was measured. */
export function sharesOf(values: readonly number[]): Shares {
  const at = (part: number): number => Math.round(shareOf(values, part));
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}

/** The value that this part of all does not exceed: 0 is the least, 1 the largest. */
export function shareOf(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Of an even number of values, the middle between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/** To two places, as all results are written. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
