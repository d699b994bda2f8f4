import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openTerminal, type Streams } from './terminal.ts';

/** As a person's terminal: keys come one by one, Ctrl-C among them. */
function terminal(): { keys: PassThrough; ask: () => Promise<boolean>; interrupts: () => number } {
  const tty = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80, setRawMode: () => undefined });
  const [keys, output] = [tty(), tty()];
  output.resume();
  let interrupts = 0;
  const streams = { stdin: keys, stdout: output, stderr: output, environment: {}, interrupt: () => void (interrupts += 1) } as unknown as Streams;
  const opened = openTerminal(streams);
  return { keys, ask: () => opened.ask('Go on?'), interrupts: () => interrupts };
}

test.each([
  ['y\r', true, 0],
  ['yes\r', true, 0],
  ['\r', false, 0],
  ['maybe\r', false, 0],
  ['\u0004', false, 0],
  ['\u0003', false, 1],
])('%j answers a question, and only Ctrl-C interrupts', async (typed, answer, times) => {
  const { keys, ask, interrupts } = terminal();
  const answered = ask();
  keys.write(typed);
  expect(await answered).toBe(answer);
  expect(interrupts()).toBe(times);
});
