/**
 * How long folders are left alone after they were written, so that large ones are not written for every result. Pure. The writing takes at most a twentieth
 * of the time, but nothing is left alone for more than half a minute on account of others; a folder that takes very long by itself, a fifth of the time.
 */

/** Twenty times what the writing of a row can take: if it took longer, that was a wait for Redis or for the disk. */
const QUIET_A_ROW_MS = 20;
const REST_TO_WRITING = 4;
export const LONGEST_QUIET_MS = 30_000;

/** Milliseconds for which no folder is written after some were, with so many generations in all, in so long a time. */
export function quietMs(generations: number, tookMs: number): number {
  return after(generations, tookMs, LONGEST_QUIET_MS);
}

/** Milliseconds for which this folder is not written again. */
export function restMs(generations: number, tookMs: number): number {
  return after(generations, tookMs, Math.max(LONGEST_QUIET_MS, REST_TO_WRITING * tookMs));
}

/** A wait for Redis or the disk is not the writing: after a fail-over a small folder must not lack its rows for half a minute. */
function after(generations: number, tookMs: number, longestMs: number): number {
  return Math.max(1_000, Math.min(20 * tookMs, QUIET_A_ROW_MS * generations, longestMs));
}
