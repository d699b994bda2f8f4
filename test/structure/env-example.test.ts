import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { VARIABLES } from '@dailies/queue';
import type { Context } from '../../apps/producer/src/context.ts';
import { openSetting } from '../../apps/producer/src/setting.ts';

const text = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');

test('.env.example names every variable of the configuration, with its default, and no other', () => {
  const written = Object.fromEntries(text.split('\n').filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2)));
  expect(written).toEqual(Object.fromEntries(Object.entries(VARIABLES).map(([name, { fallback }]) => [name, fallback])));
});

test('a command works with the same configuration with a copy of .env.example as without one', async () => {
  const [copied, without] = await Promise.all([parseEnv(text), {}].map(async (environment) => {
    const context = { environment, places: { root: '/clone', cwd: '/clone' } } as unknown as Context;
    return (await openSetting(context, {})).config;
  }));
  expect(copied).toEqual(without);
});
