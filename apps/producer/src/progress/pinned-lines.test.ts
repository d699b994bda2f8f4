import { expect, test } from 'vitest';
import { PinnedLines } from './pinned-lines.ts';

function screen() {
  let written = '';
  const pinned = new PinnedLines((text) => {
    written += text;
  });
  return { pinned, write: (text: string) => (written += text), lines: () => shown(written) };
}

/** What a terminal would show. */
function shown(text: string): string[] {
  const lines: string[] = [''];
  for (const part of text.replaceAll('\u001b[1A\u001b[2K', '↑').split(/(↑|\n)/)) {
    if (part === '\n') lines.push('');
    else if (part === '↑') lines.splice(-2, 2, '');
    else lines[lines.length - 1] += part;
  }
  return lines.filter((line) => line !== '');
}

test('what is said scrolls by above the pinned lines', () => {
  const { pinned, write, lines } = screen();
  pinned.set(['bar 1', 'bar 2'], 80);
  pinned.above(() => write('a note\n'), 80);
  pinned.set(['bar 1 moved', 'bar 2'], 80);
  pinned.above(() => write('another\n'), 80);
  expect(lines()).toEqual(['a note', 'another', 'bar 1 moved', 'bar 2']);
});

test('nothing is left when nothing is pinned any more', () => {
  const { pinned, lines } = screen();
  pinned.set(['bar'], 80);
  pinned.set([], 80);
  expect(lines()).toEqual([]);
});

test('a line is cut before it can wrap, its colours not counted', () => {
  const { pinned, lines } = screen();
  pinned.set(['\u001b[32m0123456789\u001b[39m', '0123456789abcdef'], 11);
  expect(lines()).toEqual(['\u001b[32m0123456789\u001b[39m', '0123456789']);
});
