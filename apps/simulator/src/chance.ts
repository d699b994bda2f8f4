import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that depends on the seed and the given words alone: the same seed makes the same run.
 * It must never read a clock or the process's own random source.
 */
export function chance(seed: number, ...words: ReadonlyArray<string | number>): number {
  const digest = createHash('sha256').update([seed, ...words].join('|')).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
