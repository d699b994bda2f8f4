import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test.each(['/videos/cats', 'my videos', "Anna's film", '$HOME "x" `y` \\z', ''])('%j is one word of a shell, and the same', (text) => {
  expect(execFileSync('sh', ['-c', `printf '%s|' ${shellWord(text)}`], { encoding: 'utf8' })).toBe(`${text}|`);
});

test('what needs no quotes has none', () => {
  expect(shellWord('/videos/2026-11/cats.1')).toBe('/videos/2026-11/cats.1');
});
