import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

const known = ['aspect_ratio', 'duration', 'cfg_scale', 'mode'];

it.each([
  ['aspect_ration', 'aspect_ratio'],
  ['aspectRatio', 'aspect_ratio'],
  ['cfg-scale', 'cfg_scale'],
  ['durtion', 'duration'],
  ['mod', 'mode'],
  ['dur', 'duration'],
  ['colour', undefined],
  ['', undefined],
  ['duration'.padEnd(65, 'n'), undefined],
])('takes %s for %s', (word, expected) => {
  expect(nearest(word, known)).toBe(expected);
});
