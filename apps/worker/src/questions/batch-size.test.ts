import { expect, test } from 'vitest';
import { createBatchSize } from './batch-size.ts';

test('a bad answer halves it, and whole ones let it grow again, to the limit and not beyond', () => {
  const size = createBatchSize(50);
  size.bad(0);
  expect(size.most(0)).toBe(25);
  size.whole(10);
  expect(size.most(0)).toBe(25);
  for (let time = 0; time < 10; time += 1) size.whole(size.most(0));
  expect(size.most(0)).toBe(50);
});

test('a rate limit changes nothing, but the third in a row has questions about one tried', () => {
  const size = createBatchSize(50);
  expect([size.limited(), size.limited(), size.limited(), size.limited()]).toEqual([false, false, true, false]);
  size.whole(5);
  expect([size.limited(), size.limited()]).toEqual([false, false]);
  expect(size.most(0)).toBe(50);
});

test('it asks for no more than a cut answer has shown', () => {
  const size = createBatchSize(50);
  size.cut(12, 0);
  expect(size.most(0)).toBe(12);
  size.cut(1, 0);
  expect(size.most(0)).toBe(2);
});

test('where questions about many are never answered, it tries ever more seldom', () => {
  const size = createBatchSize(4);
  size.bad(0);
  size.bad(0);
  expect([size.most(0), size.most(29_999), size.most(30_000)]).toEqual([1, 1, 2]);
  size.bad(30_000);
  expect([size.most(89_999), size.most(90_000)]).toEqual([1, 2]);
  size.cut(0, 90_000);
  expect([size.most(209_999), size.most(210_000)]).toEqual([1, 2]);
});
