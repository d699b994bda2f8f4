/** What so many of a hundred measured values do not exceed. */
export interface Shares {
  p50: number;
  p99: number;
  worst: number;
}

/** In whole units of what was measured. */
export function sharesOf(values: readonly number[]): Shares {
  const at = (part: number): number => Math.round(shareOf(values, part));
  return { p50: at(0.5), p99: at(0.99), worst: at(1) };
}

/** `part`: 0 is the least, 1 the most. Zero where nothing was measured. */
export function shareOf(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
