/**
 * How long folders are left alone after they were written, so that large ones are not written for every result. Pure. The writing takes at most a twentieth
 * of the time, but nothing is left alone for more than half a minute on account of others; a folder that takes very long by itself, a fifth of the time.
 */

/** The longest that the writing of a row can take: if it took longer, that was a wait for Redis or for the disk. */
const ROW_MS = 1;
const QUIET_TO_WRITING = 20;
const REST_TO_WRITING = 4;
export const LONGEST_QUIET_MS = 30_000;

/** Milliseconds for which no folder is written after some were, with so many generations in all, in so long a time. */
export function quietMs(generations: number, tookMs: number): number {
  return after(writingMs(generations, tookMs), LONGEST_QUIET_MS);
}

/** Milliseconds for which this folder is not written again. */
export function restMs(generations: number, tookMs: number): number {
  const writing = writingMs(generations, tookMs);
  return after(writing, Math.max(LONGEST_QUIET_MS, REST_TO_WRITING * writing));
}

/** A wait for Redis or the disk is not the writing: after a fail-over a small folder must not lack rows for half a minute, nor a huge one for half an hour. */
function writingMs(generations: number, tookMs: number): number {
  return Math.min(tookMs, ROW_MS * generations);
}

function after(writing: number, longestMs: number): number {
  return Math.max(1_000, Math.min(QUIET_TO_WRITING * writing, longestMs));
}
