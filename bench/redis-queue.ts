/**
 * One Redis as a queue with one server, simulated: steps of many workers come at random (Poisson), each is a few scripts whose time scatters
 * (exponentially, about its mean), and now and then the disk takes 5 ms for its sync. How long do steps wait, by how busy it is?
 */
const STEPS = 400_000;
const SYNC_EVERY = 500;
const SLOW_SYNC_MS = 5;

/** Milliseconds that one of a hundred steps waits at least. Deterministic. */
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
  return waits.toSorted((a, b) => a - b)[Math.floor(STEPS * 0.99)] ?? 0;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
