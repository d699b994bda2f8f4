import { expect, test } from 'vitest';
import { createHostShare } from './host-share.ts';

test('a host gets half of the downloads, and another host the rest', () => {
  const share = createHostShare(4);
  expect(['https://a/1', 'https://a/2', 'https://a/3', 'https://b/1'].map((url) => share.enter(url))).toEqual([true, true, false, true]);
  share.leave('https://a/1');
  expect(share.enter('https://a/4')).toBe(true);
});

test('with a single download at a time, every host may still have it', () => {
  expect(createHostShare(1).enter('https://a/1')).toBe(true);
});
