import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VARIABLES } from '@dailies/queue';

test('.env.example names every variable of the configuration, with its default, and no other', async () => {
  const text = await readFile(new URL('../../.env.example', import.meta.url), 'utf8');
  const written = Object.fromEntries(text.split('\n').filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2)));
  expect(written).toEqual(Object.fromEntries(Object.entries(VARIABLES).map(([name, { fallback }]) => [name, fallback])));
});
