import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Board } from '../batch/follow/board.ts';
import type { Standing } from '../batch/follow/standstill.ts';
import type { SubmitWait } from '../batch/submit-waits.ts';
import type { Terminal } from '../terminal.ts';
import { Display } from './display.ts';

const account = 'acedata@https://api.acedata.cloud';
const paused: Standing = {
  moving: 1,
  hindrances: [{ why: 'pause', provider: 'pika', account, reason: 'balance is empty', remedy: 'dailies resume pika', count: 2 }],
};
const moving: Standing = { moving: 3, hindrances: [] };
const breaker: SubmitWait = { provider: 'luma', account, why: 'breaker', reason: 'nobody has answered', ends: 'when somebody does' };
const PIKA = '2 of pika wait under a pause: balance is empty. What helps: dailies resume pika';
const LUMA = 'luma submits nothing now: nobody has answered. It goes on by itself when somebody does.';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

function shown(live: boolean) {
  const said: string[] = [];
  const pinned: (readonly string[])[] = [];
  const terminal = { live, colour: false, say: (line: string) => said.push(line), pin: (lines: readonly string[]) => pinned.push(lines) } as unknown as Terminal;
  const board = new Board([{ id: 'a', provider: 'luma', account, state: 'queued' }, { id: 'b', provider: 'pika', account, state: 'queued' }]);
  const display = new Display(terminal, board);
  const look = (standing: Standing, waits: readonly SubmitWait[] = []): void => {
    vi.advanceTimersByTime(6_000);
    display.show(standing, waits);
  };
  return { look, display, said, pinned };
}

test('without a terminal, what holds something up is told once while it lasts, and told again when it comes back', () => {
  const { look, said } = shown(false);
  look(paused, [breaker]);
  expect(said).toEqual(['0/2 succeeded: 2 queued']);
  look(paused, [breaker]);
  look(paused, [{ ...breaker, ends: 'in other words' }]);
  expect(said.slice(1)).toEqual([PIKA, LUMA]);
  look(moving);
  look(moving, [breaker]);
  look(moving, [breaker]);
  expect(said.slice(3)).toEqual([LUMA]);
});

test('what is over by the next line, or ends the following, is left to the summary', () => {
  const { look, display, said } = shown(false);
  look(paused, [breaker]);
  look(moving);
  look(paused);
  display.end(paused);
  expect(said).toEqual(['0/2 succeeded: 2 queued']);
});

test('on a terminal the bar of the provider says what holds it up', () => {
  const { look, pinned } = shown(true);
  look(paused, [breaker]);
  expect(pinned.at(-1)?.[0]).toMatch(/ 1 queued, waits: nobody has answered$/);
  expect(pinned.at(-1)?.[1]).toMatch(/ 1 queued, paused: balance is empty$/);
});
