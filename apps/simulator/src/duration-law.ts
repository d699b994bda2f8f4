import { chance } from './chance.ts';

/**
 * How long an upstream takes for one video, in upstream milliseconds: a log-normal law for each, cut at both ends.
 * The medians are those that clients of the real services have published (README.md names them).
 */
export function drawDuration(law: LawName, seed: number, counter: number): number {
  const { medianSeconds, spread, minSeconds, maxSeconds } = LAWS[law];
  const radius = Math.sqrt(-2 * Math.log(1 - chance(seed, law, counter, 'radius')));
  const normal = radius * Math.cos(2 * Math.PI * chance(seed, law, counter, 'angle'));
  const seconds = medianSeconds * Math.exp(spread * normal);
  return Math.round(1000 * Math.min(maxSeconds, Math.max(minSeconds, seconds)));
}

export type LawName = keyof typeof LAWS;

const LAWS = {
  'allegro': { medianSeconds: 270, spread: 0.35, minSeconds: 150, maxSeconds: 600 },
  'kling-text': { medianSeconds: 319, spread: 0.4, minSeconds: 90, maxSeconds: 1800 },
  'kling-image': { medianSeconds: 164, spread: 0.4, minSeconds: 60, maxSeconds: 1200 },
  'kling-turbo': { medianSeconds: 110, spread: 0.35, minSeconds: 40, maxSeconds: 900 },
  'hailuo': { medianSeconds: 105, spread: 0.3, minSeconds: 60, maxSeconds: 180 },
  'pika': { medianSeconds: 85, spread: 0.2, minSeconds: 60, maxSeconds: 120 },
  'luma': { medianSeconds: 125, spread: 0.3, minSeconds: 50, maxSeconds: 400 },
} as const;
