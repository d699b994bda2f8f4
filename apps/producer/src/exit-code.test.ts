import { expect, test } from 'vitest';
import { exitCode } from './exit-code.ts';

test('all succeeded is 0', () => {
  expect(exitCode({})).toBe(0);
});

test.each([
  [130, { interrupted: true, misused: true, needPerson: 1, lost: 1 }],
  [2, { misused: true, needPerson: 1, lost: 1 }],
  [3, { needPerson: 1, lost: 5 }],
  [1, { lost: 1 }],
  [0, { needPerson: 0, lost: 0 }],
])('the strongest of what applies wins: %i', (code, ending) => {
  expect(exitCode(ending)).toBe(code);
});
