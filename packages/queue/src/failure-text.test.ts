import { expect, test } from 'vitest';
import { failureText } from './failure-text.ts';

const REFUSED = { kind: 'moderated', message: 'Kling: risky words (HTTP 400, code 1301)', retryable: false } as const;

test('a code that the message has is said once', () => {
  expect(failureText({ ...REFUSED, code: '1301' })).toBe('moderated: Kling: risky words (HTTP 400, code 1301)');
});

test('a code that the message does not have is added, a longer one in the message is another', () => {
  expect(failureText({ ...REFUSED, code: '130' })).toBe('moderated: Kling: risky words (HTTP 400, code 1301) (code 130)');
  expect(failureText({ ...REFUSED, message: 'risky words', code: '1301' })).toBe('moderated: risky words (code 1301)');
});
