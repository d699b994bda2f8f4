import { expect, test } from 'vitest';
import { drawDuration, type LawName } from './duration-law.ts';

function drawn(law: LawName, seed: number): number[] {
  return Array.from({ length: 501 }, (_, counter) => drawDuration(law, seed, counter));
}

test('the same seed draws the same durations, another seed others', () => {
  expect(drawn('luma', 7)).toEqual(drawn('luma', 7));
  expect(drawn('luma', 7)).not.toEqual(drawn('luma', 8));
});

test.each([
  ['allegro', 150, 270, 600], ['kling-text', 90, 319, 1800], ['kling-image', 60, 164, 1200], ['hailuo', 60, 105, 180], ['pika', 60, 85, 120], ['luma', 50, 125, 400],
] as const)('%s takes %i seconds or more, %i in the middle, %i at most', (law, least, median, most) => {
  const seconds = drawn(law, 1).map((milliseconds) => milliseconds / 1000).toSorted((a, b) => a - b);
  expect(seconds[0]).toBeGreaterThanOrEqual(least);
  expect(seconds[500]).toBeLessThanOrEqual(most);
  expect(Math.abs((seconds[250] ?? 0) / median - 1)).toBeLessThan(0.12);
});
