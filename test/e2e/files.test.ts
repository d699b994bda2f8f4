/** The files of what succeeded: found, fetched again when they are not whole, never paid for a second time. */
import { readFile, rm, stat, symlink, truncate } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { shardHolding } from '../support/ledger.ts';
import { openHouse } from './house.ts';
import { saidJson } from './said.ts';

test('a run fetches what was damaged or deleted again, leaves what is whole alone, and pays for nothing', async () => {
  const house = await openHouse();
  await house.write(
    'prompts.jsonl',
    PROVIDER_NAMES.map((provider) => JSON.stringify({ provider, id: provider, prompt: 'a shuttle flies from space into an old volcano' })).join('\n'),
  );
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

test('an earlier file that cannot be read holds nothing else up, and is said', async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'a red fox\n');
  const words = ['run', 'prompts.txt', '--provider', 'kling', '--batch', 'foxes', '--out', 'videos', '--json'];
  const name = saidJson((await house.dailies(...words)).stdout).generations[0]?.videos[0]?.file ?? '';
  await rm(path.join(house.folder, 'videos', name));
  await symlink(name, path.join(house.folder, 'videos', name));
  await house.write('prompts.txt', 'a red fox\nan old lighthouse\n');

  const again = await house.dailies(...words);

  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toMatch(/1 could not be looked at, and are left as they are: .*\.mp4 cannot be read \(ELOOP\)/);
  expect(saidJson(again.stdout).summary).toMatchObject({ counts: { succeeded: 2 } });
  expect(house.simulator.counts()).toMatchObject({ accepted: 2 });
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

test('what retention removed is neither fetched nor paid again by the same command, which says how to have it back', async () => {
  const house = await openHouse();
  await house.write('prompts.txt', 'a red fox runs through snow\n');
  const words = ['run', 'prompts.txt', '--provider', 'kling', '--batch', 'fox', '--json'];
  const { generations } = saidJson((await house.dailies(...words)).stdout);
  const { id, videos } = generations[0] ?? { id: '', videos: [] };
  const file = path.join(house.folder, 'out', 'fox', videos[0]?.file ?? '');
  const { redis, keys } = await shardHolding(house.ledger.store, id);
  const long = Date.now() - 40 * 24 * 3_600_000;
  await redis.hset(keys.generation(id), { finishedAt: long });
  await redis.zadd(keys.all, long, id);
  const worker = await house.worker({ RESULT_RETENTION_DAYS: '30' });
  await worker.says('files removed: past their retention');
  worker.kill('SIGTERM');
  await worker.ended;
  await expect(stat(file)).rejects.toThrow('ENOENT');
  const fetched = house.simulator.requests().filter(({ kind }) => kind === 'asset').length;

  const again = await house.dailies(...words);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toContain('Of 1 done before: 0 whole in their folder, 1 removed by retention.');
  expect(again.stderr).toContain('dailies retry ID');
  expect(saidJson(again.stdout).generations[0]).toMatchObject({ state: 'succeeded', filesRemovedAt: expect.stringMatching(/^\d{4}-/) });
  expect((await house.dailies('status', id)).stdout).toMatch(/files +removed by retention at \d{4}-/);
  expect(house.simulator.requests().filter(({ kind }) => kind === 'asset')).toHaveLength(fetched);

  const retried = await house.dailies('retry', id);
  expect(retried.stdout).toContain('fetched again');
  expect((await house.dailies(...words)).code).toBe(0);
  expect((await stat(file)).size).toBe(videos[0]?.bytes);
  expect(house.simulator.counts()).toMatchObject({ accepted: 1, refused: 0 });
});
