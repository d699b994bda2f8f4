import { expect, test } from 'vitest';
import { FaultBook } from './fault-book.ts';
import { parseFault } from './fault-menu.ts';

const poll = { kind: 'poll', provider: 'kling', prompt: 'a red fox', stage: 'whole' } as const;

function hits(book: FaultBook, count: number): number {
  return Array.from({ length: count }, () => book.take(poll)).filter((fault) => fault !== undefined).length;
}

test('a fault lets some requests pass, hits some, and is spent', () => {
  const book = new FaultBook(1, [{ on: 'poll', what: '500', after: 2, times: 3 }]);
  expect([hits(book, 2), hits(book, 3), hits(book, 5)]).toEqual([0, 3, 0]);
  expect(book.list()).toMatchObject([{ seen: 10, hits: 3 }]);
});

test('a probability hits its share, the same one for the same seed', () => {
  const count = hits(new FaultBook(1, [{ on: 'poll', what: '500', probability: 0.5 }]), 400);
  expect(count).toBeGreaterThan(150);
  expect(count).toBeLessThan(250);
  expect(hits(new FaultBook(1, [{ on: 'poll', what: '500', probability: 0.5 }]), 400)).toBe(count);
});

test('a fault meets only its kind, its provider and its prompts', () => {
  const book = new FaultBook(1, [{ on: 'poll', provider: 'acedata', what: '500' }, { on: 'poll', match: 'blue', what: '502' }, { on: 'list', what: '503' }]);
  expect(book.take(poll)).toBeUndefined();
  expect(book.take({ ...poll, provider: 'luma' })?.what).toBe('500');
  expect(book.take({ ...poll, prompt: 'a blue fox' })?.what).toBe('502');
});

test.each([
  [{ on: 'poll', what: 'cut' }, 'what is cut'], [{ on: 'asset', what: 'kling:1303' }, 'what is kling:1303'], [{ on: 'polls', what: '500' }, 'on is polls'],
  [{ on: 'poll', what: '500', time: 1 }, 'time is unknown'], [{ on: 'poll', what: '500', times: '1' }, 'times must be a number'],
  [{ on: 'poll', what: '500', provider: 'sora' }, 'provider is sora'], [{ on: 'create', what: 'reset-before-read', match: 'x' }, 'cannot have match'], ['500', 'JSON object'],
])('the fault %j is refused with the reason', (fault, reason) => {
  expect(() => parseFault(fault)).toThrow(reason);
});
