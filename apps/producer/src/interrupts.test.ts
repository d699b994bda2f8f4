import { EventEmitter } from 'node:events';
import nodeProcess from 'node:process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listenForInterrupts } from './interrupts.ts';

function process() {
  const said: string[] = [];
  const signals = Object.assign(new EventEmitter(), { exit: (code: number) => void said.push(`exit ${code}`) });
  const clock = { ms: 1_000 };
  const interrupts = listenForInterrupts(signals, () => clock.ms, 0);
  interrupts.onStop(() => said.push('stopping'));
  interrupts.onHardStop(() => said.push('last words'));
  return { signals, interrupts, said, clock };
}

test('the first Ctrl-C asks for a clean stop and ends nothing', () => {
  const { signals, interrupts, said } = process();
  signals.emit('SIGINT');
  expect(interrupts.stopping.aborted).toBe(true);
  expect(said).toEqual(['stopping']);
});

test('as many files as are brought at once may listen for it, without a warning of Node', () => {
  const warned = vi.spyOn(nodeProcess, 'emitWarning').mockReturnValue();
  onTestFinished(() => warned.mockRestore());
  const { stopping } = process().interrupts;
  for (let at = 0; at < 20; at += 1) stopping.addEventListener('abort', () => undefined);
  expect(warned).not.toHaveBeenCalled();
});

test('who begins something after the first Ctrl-C is told at once', () => {
  const { signals, interrupts, said } = process();
  signals.emit('SIGINT');
  interrupts.onStop(() => said.push('too late'));
  expect(said).toEqual(['stopping', 'too late']);
});

test('the second Ctrl-C says its last words and ends at once', () => {
  const { signals, said, clock } = process();
  signals.emit('SIGINT');
  clock.ms += 1_000;
  signals.emit('SIGINT');
  expect(said).toEqual(['stopping', 'last words', 'exit 130']);
});

test('the echo of one Ctrl-C, which npx passes on as well, is not a second one', () => {
  const { signals, said, clock } = process();
  signals.emit('SIGINT');
  clock.ms += 5;
  signals.emit('SIGINT');
  expect(said).toEqual(['stopping']);
});

test('SIGTERM is a first step, however often it comes', () => {
  const { signals, said } = process();
  signals.emit('SIGTERM');
  signals.emit('SIGTERM');
  expect(said).toEqual(['stopping']);
});

test('a stop that does not end is ended after its deadline, which says so', async () => {
  const { signals, interrupts, said } = process();
  const exited = new Promise<void>((resolve) => {
    interrupts.limitStop(30, (line) => {
      said.push(line);
      resolve();
    });
  });
  signals.emit('SIGTERM');
  await exited;
  expect(said).toEqual(['stopping', expect.stringContaining('is Redis away?'), 'exit 130']);
});

test('a deadline of a stop that nobody asked for ends nothing', async () => {
  const { interrupts, said } = process();
  interrupts.limitStop(0, (line) => said.push(line));
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  expect(said).toEqual([]);
});
