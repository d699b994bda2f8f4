import { Readable } from 'node:stream';
import { passwordMatches } from '@dailies/queue';
import { expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { createUser } from './users.ts';

function contextWith(input = ''): { context: Context; data: () => string; said: () => string } {
  let [data, said] = ['', ''];
  const terminal = {
    data: (text: string) => void (data += text),
    say: (line: string) => void (said += `${line}\n`),
    pin: () => undefined,
    live: false,
    dataIsForPeople: false,
    columns: 80,
    colour: false,
    canAsk: false,
    ask: () => Promise.resolve(false),
    input: Readable.from([input]),
  };
  const interrupts = { stopping: new AbortController().signal, onHardStop: () => undefined };
  return {
    context: { environment: {}, places: { root: '/', cwd: '/' }, terminal, interrupts: interrupts as unknown as Context['interrupts'], version: '0' },
    data: () => data,
    said: () => said,
  };
}

test('a made password opens what its line says, and only the line is data', async () => {
  const { context, data, said } = contextWith();
  expect(await createUser(context, 'anna', { role: 'operator' })).toBe(0);
  const [name, role, hash = ''] = data().trim().split(':');
  expect([name, role]).toEqual(['anna', 'operator']);
  const password = /once: (\S+)/.exec(said())?.[1] ?? '';
  expect(password.length).toBeGreaterThanOrEqual(20);
  expect(await passwordMatches(password, hash)).toBe(true);
});

test('a given password is taken from stdin, is never printed, and must not be short', async () => {
  const { context, data, said } = contextWith('twelve letters\n');
  await createUser(context, 'bob', { role: 'viewer', stdin: true, json: true });
  const { line } = JSON.parse(data()) as { line: string };
  expect(await passwordMatches('twelve letters', line.split(':')[2] ?? '')).toBe(true);
  expect(data() + said()).not.toContain('twelve');
  await expect(createUser(contextWith('short').context, 'bob', { role: 'viewer', stdin: true })).rejects.toThrow('too short');
  await expect(createUser(contextWith().context, 'b:b', { role: 'viewer' })).rejects.toThrow('no name');
});
