/** Machines that share a ledger and no disk: what another one has stored is never told of as a file of this one. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FINISH, openHouse } from './house.ts';
import { saidJson } from './said.ts';

test('a run says what succeeded and has no file in its folder, with what helps, and the next one fetches it for nothing', async () => {
  const house = await openHouse({ durations: { kling: 24 * 3_600_000 } });
  await house.write('prompts.jsonl', ['luma', 'kling'].map((provider) => JSON.stringify({ provider, id: provider, prompt: 'a red fox' })).join('\n'));
  const words = ['run', 'prompts.jsonl', '--batch', 'foxes', '--out', 'videos'];
  const running = house.start(words);
  await house.until(
    'foxes',
    (all) => all.some(({ id, state }) => id === 'luma' && state === 'succeeded') && all.some(({ id, state }) => id === 'kling' && state === 'rendering'),
  );
  // As if another machine's worker had taken the download: the ledger has it, and this disk has not.
  await rm(path.join(house.folder, 'videos', 'luma.mp4'));
  // Another command takes the batch to another folder: what is stored from now on is there.
  expect(await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'foxes', '--out', 'taken')).toMatchObject({ code: 0 });
  house.simulator.faults.add(...FINISH);

  const ended = await running.ended;

  expect(ended, ended.stderr).toMatchObject({ code: 1 });
  expect(ended.stdout).toContain(`Manifest  ${path.join(house.folder, 'taken', 'manifest.jsonl')}`);
  expect(ended.stdout).toContain(`The same command again brings them to ${path.join(house.folder, 'videos')}.`);
  expect(ended.stdout).toContain(`The files of 1 that succeeded are not in ${path.join(house.folder, 'videos')}`);
  expect(ended.stdout).toContain('dailies results foxes --download');
  const again = await house.dailies(...words, '--json');
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(saidJson(again.stdout).summary).toMatchObject({ counts: { succeeded: 2 }, elsewhere: 0, out: path.join(house.folder, 'videos') });
  expect(await readdir(path.join(house.folder, 'videos'))).toEqual(expect.arrayContaining(['kling.mp4', 'luma.mp4', 'manifest.jsonl']));
  expect(house.simulator.counts()).toMatchObject({ accepted: 2 });
});
