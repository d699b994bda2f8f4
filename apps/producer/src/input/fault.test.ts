import { expect, test } from 'vitest';
import { formatFaults } from './fault.ts';

test('every fault is on a line of its own with number, field and remedy, in the order of the file', () => {
  const text = formatFaults('prompts.jsonl', [
    { line: 7, field: 'params.mode', message: '"fast" is not allowed', remedy: 'Allowed: "std", "pro"' },
    { line: 2, field: null, message: 'is not JSON', remedy: 'Write an object' },
    { line: null, field: '--provider', message: 'unknown', remedy: 'Did you mean "kling"?' },
  ]);
  expect(text).toBe(
    [
      'prompts.jsonl has 3 faults:',
      '  --provider: unknown. Did you mean "kling"?',
      '  line 2: is not JSON. Write an object.',
      '  line 7: params.mode: "fast" is not allowed. Allowed: "std", "pro".',
    ].join('\n'),
  );
});

test('more than a thousand faults are counted, not printed', () => {
  const faults = Array.from({ length: 1_030 }, (_, index) => ({ line: index + 1, field: null, message: 'bad', remedy: 'Mend it' }));
  const lines = formatFaults('a.txt', faults).split('\n');
  expect(lines).toHaveLength(1_002);
  expect(lines.at(-1)).toBe('  … and 30 more');
});

test('no control character of a file reaches the terminal', () => {
  const text = formatFaults('a\u001b[2J.txt', [{ line: 1, field: 'x\u001b[31m', message: 'bad\nline 9: forged', remedy: 'Mend\u0007 it' }]);
  expect(text.split('\n')).toHaveLength(2);
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});
