import { expect, test } from 'vitest';
import { beginningOf } from './beginning-of.ts';

test.each([
  ['short', 80, 'short'],
  ['abcdef', 3, 'abc'],
  ['ab🎬', 3, 'ab'],
  ['ab🎬c', 4, 'ab🎬'],
])('of "%s", %i units at most, is "%s"', (text, most, beginning) => {
  expect(beginningOf(text, most)).toBe(beginning);
});
