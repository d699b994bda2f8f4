/**
 * Simulates one Redis as a queue with a single server, to say how long steps wait, by how busy it is. The steps of many workers come at random
 * (Poisson), the time of each scatters exponentially about its mean, and every 500th also waits 5 ms for a sync of the disk.
 */
import { seeded } from './pacing/chance.ts';
import { shareOf } from './statistics.ts';

const STEPS = 400_000;
const SYNC_EVERY = 500;
const SLOW_SYNC_MS = 5;

/** The milliseconds that 99 of a hundred steps wait at most, on a Redis that is `busy` for this part of the time. The same at every call. */
export function p99WaitMs(busy: number, meanMs: number): number {
  const random = seeded(7);
  const scattered = (mean: number): number => -Math.log(1 - random()) * mean;
  const work = meanMs + SLOW_SYNC_MS / SYNC_EVERY;
  const waits: number[] = [];
  let now = 0;
  let freeAt = 0;
  for (let step = 0; step < STEPS; step += 1) {
    now += scattered(work / busy);
    const begins = Math.max(now, freeAt);
    waits.push(begins - now);
    freeAt = begins + scattered(meanMs) + (step % SYNC_EVERY === 0 ? SLOW_SYNC_MS : 0);
  }
  return shareOf(waits, 0.99);
}
