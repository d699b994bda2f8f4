import { expect, test } from 'vitest';
import { certainAnswers } from './certain-answers.ts';
import type { Progress } from './provider.ts';

const pending: Progress = { state: 'pending', phase: 'running' };
const failed: Progress = { state: 'failed', failure: { kind: 'rejected', message: 'no', retryable: false } };

test('a task that stands in the answer twice, differently, is left to a look at it alone, however often it stands there', () => {
  expect(certainAnswers(['a', 'b'], [['a', pending], ['b', pending], ['a', failed], ['a', failed], ['b', pending]])).toEqual(new Map([['b', pending]]));
});

test('of what was not asked for, is unknown or done without a result nothing is believed', () => {
  const doubtful: Progress = { state: 'doubtful', failure: { kind: 'no_output', message: 'none', retryable: true } };
  expect(certainAnswers(['a', 'b'], [['x', pending], [undefined, pending], ['a', { state: 'missing' }], ['b', doubtful], ['b', pending]])).toEqual(new Map());
});
