import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkBatchName } from '@dailies/queue';
import { defaultBatchName } from './batch-name.ts';

describe('the name of a batch', () => {
  test.each(['prompts.txt', 'Ünïcode Prömpts (2).jsonl', '.hidden.csv', '日本語.txt', `${'long'.repeat(60)}.txt`, '-_-.txt', 'a..txt'])('made of %s is legal', (file) => {
    expect(checkBatchName(defaultBatchName(file))).toBeNull();
  });

  test('is readable, and the same from every folder', () => {
    expect(defaultBatchName('Spring Launch.jsonl')).toMatch(/^spring-launch-[a-z2-7]{6}$/);
    expect(defaultBatchName(path.resolve('a/b.txt'))).toBe(defaultBatchName('a/../a/b.txt'));
    expect(defaultBatchName('a/prompts.txt')).not.toBe(defaultBatchName('b/prompts.txt'));
  });

  test.each(['', 'Upper', '-dash', '_single', 'a/b', '../x', 'a b', 'x'.repeat(65)])('may not be %j', (name) => {
    expect(checkBatchName(name)).toContain('is not legal');
  });
});
