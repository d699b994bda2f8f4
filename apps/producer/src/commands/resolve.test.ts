import { expect, test } from 'vitest';
import { resolutionOf } from './resolve.ts';

test('one word is taken as it is', () => {
  expect(resolutionOf({ task: 'abc' })).toEqual({ what: 'task', task: 'abc' });
  expect(resolutionOf({ resubmit: true })).toEqual({ what: 'resubmit' });
  expect(resolutionOf({ abandon: true })).toEqual({ what: 'abandon' });
});

test.each([[{}], [{ resubmit: true, abandon: true }], [{ task: 'abc', resubmit: true }]])('none, or more than one, is refused: %j', (options) => {
  expect(() => resolutionOf(options)).toThrow('exactly one');
});
