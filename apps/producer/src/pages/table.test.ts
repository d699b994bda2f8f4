import { expect, test } from 'vitest';
import { table } from './table.ts';

test('text stands to the left and numbers to the right, heads with them', () => {
  expect(table(['provider', 'queued'], [['allegro', 12], ['luma', 7000]])).toBe(
    'provider  queued\nallegro       12\nluma        7000\n',
  );
});
