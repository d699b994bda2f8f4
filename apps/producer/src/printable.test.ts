import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test('a prompt cannot move the cursor or forge a line', () => {
  expect(printable('a cat\u001b[2J\r\n\u202Eevil\tprompt')).toBe('a cat [2J evil prompt');
});

test('a long text is cut and says so', () => {
  expect(printable('word '.repeat(20), 12)).toBe('word word w…');
});

test('a cut leaves no half of an emoji', () => {
  expect(printable('a cat 🐈 on a mat', 8)).toBe('a cat…');
});
