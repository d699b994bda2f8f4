import { describe, expect, it } from 'vitest';
import { createAttemptLimit } from './attempt-limit.ts';

describe('the limit of attempts', () => {
  it('lets a few typing errors pass, then makes the address wait longer and longer, up to a minute', () => {
    const limit = createAttemptLimit(() => 0);
    const waits = Array.from({ length: 15 }, () => {
      limit.failed('a');
      return limit.waitMs('a');
    });
    expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]);
    expect(waits.at(-1)).toBe(60_000);
    expect(limit.waitMs('b')).toBe(0);
  });

  it('forgets after a right password, and after a quarter of an hour', () => {
    let now = 0;
    const limit = createAttemptLimit(() => now);
    for (let at = 0; at < 5; at += 1) limit.failed('a');
    limit.succeeded('a');
    expect(limit.waitMs('a')).toBe(0);
    for (let at = 0; at < 5; at += 1) limit.failed('a');
    now = 16 * 60_000;
    limit.failed('a');
    expect(limit.waitMs('a')).toBe(0);
  });

  it('remembers a bounded number of addresses', () => {
    const limit = createAttemptLimit(() => 0);
    for (let at = 0; at < 5; at += 1) limit.failed('first');
    for (let at = 0; at < 1_000; at += 1) limit.failed(`address ${at}`);
    expect(limit.waitMs('first')).toBe(0);
  });
});
