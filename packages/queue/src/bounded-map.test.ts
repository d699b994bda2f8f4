import { expect, test } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

test('the entry that was set first is forgotten when there is one too many, also one that was set again since', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1).set('b', 2).set('a', 3);
  expect([...map]).toEqual([['a', 3], ['b', 2]]);
  map.set('c', 4);
  expect([...map]).toEqual([['b', 2], ['c', 4]]);
});
