/** The files of what succeeded: found, fetched again when they are not whole, never paid for a second time. */
import { readFile, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { openHouse } from './house.ts';
import { saidJson } from './said.ts';

test('a run fetches what was damaged or deleted again, leaves what is whole alone, and pays for nothing', async () => {
  const house = await openHouse();
  await house.write('prompts.jsonl', PROVIDER_NAMES.map((provider) => JSON.stringify({ provider, id: provider, prompt: 'a shuttle flies from space into an old volcano' })).join('\n'));
  const words = ['run', 'prompts.jsonl', '--batch', 'shuttle', '--out', 'videos', '--json'];
  const file = (id: string): string => path.join(house.folder, 'videos', `${id}.mp4`);
  expect((await house.dailies(...words)).code).toBe(0);
  const before = await readFile(file('kling'));
  const { ino } = await stat(file('luma'));
  await truncate(file('kling'), 1_000);
  await rm(file('allegro'));

  const again = await house.dailies(...words);

  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toContain('Of 5 done before: 3 whole in their folder, 2 fetched again.');
  expect(saidJson(again.stdout).summary).toMatchObject({ counts: { succeeded: 5 } });
  expect((await readFile(file('kling'))).equals(before)).toBe(true);
  expect((await stat(file('allegro'))).size).toBeGreaterThan(1_000);
  expect((await stat(file('luma'))).ino).toBe(ino);
  expect(house.simulator.counts()).toMatchObject({ accepted: 5, refused: 0 });
});

test('the same file with another provider is other work', async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'a red fox runs through snow\n');
  const run = (provider: string) => house.dailies('run', 'prompts.txt', '--provider', provider, '--batch', 'fox', '--json');
  const kling = saidJson((await run('kling')).stdout);
  const pika = saidJson((await run('pika')).stdout);
  expect(pika.generations[0]).toMatchObject({ state: 'succeeded', provider: 'pika' });
  expect(pika.generations[0]?.id).not.toBe(kling.generations[0]?.id);
  expect(pika.summary.total).toBe(1);
  expect(house.simulator.counts().byProvider).toEqual({ kling: 1, pika: 1 });
  expect(await house.generations('fox')).toHaveLength(2);
});
