/** Repeatable randomness (mulberry32) and the laws of completion that policies are measured on. Milliseconds. */
export type Random = () => number;

/** The age at which this share is done. */
export type Quantile = (share: number) => number;

export function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function logNormal(medianSeconds: number, sigma: number): Quantile {
  return (share) => 1000 * medianSeconds * Math.exp(sigma * normalQuantile(share));
}

export function exponential(meanSeconds: number): Quantile {
  return (share) => -1000 * meanSeconds * Math.log(1 - share);
}

/** Two kinds in one, half of each: a quick queue and a slow one. */
export function bimodal(quick: Quantile, slow: Quantile): Quantile {
  return (share) => (share < 0.5 ? quick(2 * share) : slow(2 * share - 1));
}

/** In even shares, in order: what expectations are taken over, without the noise of drawing. */
export function evenSample(law: Quantile, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, at) => law((at + 0.5) / count)).sort();
}

export function draw(law: Quantile, random: Random): number {
  return law(Math.min(1 - 1e-9, Math.max(1e-9, random())));
}

/** By bisection of the distribution function, itself from the series of the error function's complement (Abramowitz and Stegun 7.1.26). */
function normalQuantile(share: number): number {
  let [low, high] = [-8, 8];
  for (let round = 0; round < 50; round += 1) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function normalShare(at: number): number {
  const scaled = Math.abs(at) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * scaled);
  const tail = (((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-scaled * scaled)) / 2;
  return at < 0 ? tail : 1 - tail;
}
