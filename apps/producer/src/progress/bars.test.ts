import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { Board } from '../batch/follow/board.ts';
import { bars, plainProgress } from './bars.ts';
import { styleFor } from './style.ts';

const board = new Board([
  { id: 'a', provider: 'allegro', account: 'x', state: 'succeeded' },
  { id: 'b', provider: 'allegro', account: 'x', state: 'rendering' },
  { id: 'c', provider: 'allegro', account: 'x', state: 'failed' },
  { id: 'd', provider: 'allegro', account: 'x', state: 'queued' },
  { id: 'e', provider: 'pika', account: 'y', state: 'queued' },
]);
const rows = board.providers().map((provider) => ({ provider, counts: board.countsOf(provider) }));

test('a bar shows what is done, what is on its way and what went wrong', () => {
  expect(bars(rows, styleFor(false))).toEqual([
    'allegro ████████████░░░░░░░░░░░░ 1/4  1 rendering, 1 queued, 1 failed',
    'pika    ░░░░░░░░░░░░░░░░░░░░░░░░ 0/1  1 queued',
  ]);
});

test('a bar says why it stands still', () => {
  const paused = rows.map((row) => ({ ...row, why: 'paused: balance is empty' }));
  expect(bars(paused, styleFor(false))[1]).toMatch(/1 queued, paused: balance is empty$/);
});

test('colours change nothing but the colours', () => {
  const [plain] = bars(rows, styleFor(false));
  const [coloured = ''] = bars(rows, styleFor(true));
  expect(coloured).not.toBe(plain);
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test('without a terminal the progress is one plain line', () => {
  expect(plainProgress(board.counts())).toBe('1/5 succeeded: 1 rendering, 2 queued, 1 failed');
});

test('the counts follow the moves, and a move to the same state is none', () => {
  expect(board.move('b', 'succeeded')).toBe('rendering');
  expect(board.move('b', 'succeeded')).toBeNull();
  expect(board.move('stranger', 'succeeded')).toBeNull();
  expect(board.countsOf('allegro')).toMatchObject({ succeeded: 2, rendering: 0 });
});
