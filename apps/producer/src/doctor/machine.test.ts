import { expect, test } from 'vitest';
import { clockFinding, diskFinding } from './machine.ts';

test('a clock that is off is wrong, in either direction', () => {
  expect(clockFinding(300).level).toBe('ok');
  expect(clockFinding(7_000)).toMatchObject({ level: 'error', what: expect.stringContaining('7.0 s ahead of') });
  expect(clockFinding(-7_000)).toMatchObject({ level: 'error', what: expect.stringContaining('7.0 s behind') });
});

test('a disk with less than a GiB is wrong and says what to do', () => {
  expect(diskFinding('results', '/out', 2 * 1024 ** 3).level).toBe('ok');
  expect(diskFinding('results', '/out', 100)).toMatchObject({ level: 'error', remedy: expect.stringContaining('OUT_DIR') });
});
