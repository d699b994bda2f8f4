/** Machines that share a ledger and no disk: what another one has stored is never told of as a file of this one. */
import { rm } from 'node:fs/promises';
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
  house.simulator.faults.add(...FINISH);

  const ended = await running.ended;

  expect(ended, ended.stderr).toMatchObject({ code: 1 });
  expect(ended.stdout).toContain(`The files of 1 that succeeded are not in ${path.join(house.folder, 'videos')}`);
  expect(ended.stdout).toContain('dailies results foxes --download');
  const again = await house.dailies(...words, '--json');
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(saidJson(again.stdout).summary).toMatchObject({ counts: { succeeded: 2 }, elsewhere: 0 });
  expect(house.simulator.counts()).toMatchObject({ accepted: 2 });
});
