import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { loadConfig } from '@dailies/queue';
import type { Context } from '../../context.ts';
import { listenForInterrupts } from '../../interrupts.ts';
import { readPrompts } from './prompts.ts';

function reading(): { signals: EventEmitter; input: PassThrough; read: () => Promise<unknown> } {
  const places = { root: tmpdir(), cwd: tmpdir() };
  const signals = Object.assign(new EventEmitter(), { exit: () => undefined });
  const input = new PassThrough();
  const terminal = { input, say: () => undefined } as unknown as Context['terminal'];
  const context: Context = { environment: {}, places, terminal, interrupts: listenForInterrupts(signals), version: 'test' };
  return {
    signals,
    input,
    read: () => readPrompts(context, loadConfig({ KLING_API_KEY: 'k', KLING_ENDPOINT_PATH: 'abc' }, places), '-', { batch: 'typed', provider: 'kling' }),
  };
}

test('Ctrl-C while prompts are typed ends at once', async () => {
  const { signals, input, read } = reading();
  input.write('a red fox\n');
  const ended = read();
  signals.emit('SIGINT');
  await expect(ended).rejects.toMatchObject({ exitCode: 130, message: 'Interrupted. Nothing was enqueued.' });
});

test('what a writer that the same Ctrl-C ended has left on stdin is not taken', async () => {
  const { signals, input, read } = reading();
  signals.emit('SIGINT');
  input.end('a red fox\nan old light');
  await expect(read()).rejects.toMatchObject({ exitCode: 130 });
});

test('what came whole is taken', async () => {
  const { input, read } = reading();
  input.end('a red fox\nan old lighthouse\n');
  expect(await read()).toMatchObject({ batch: 'typed', skipped: 0, items: [{ line: 1 }, { line: 2 }] });
});
