/** A run that is killed without warning, and the same command again: nothing is lost, and nothing is paid twice. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { ENDLESS, FINISH, type House, inState, openHouse } from './house.ts';
import { saidJson } from './said.ts';

/** Two places each, and nobody asks before the kill: the lock of a poll under way would be waited for, and that is not the matter here. */
const CALM = Object.fromEntries(
  PROVIDER_NAMES.flatMap((name) => [
    [`${name.toUpperCase()}_MAX_IN_FLIGHT`, '2'],
    [`${name.toUpperCase()}_FIRST_POLL_MS`, '1500'],
  ]),
);

test('a run killed while some render and some are queued finishes by the same command, each paid once, and a third run submits nothing', async () => {
  const house = await openHouse({ durations: ENDLESS }, CALM);
  const prompts = PROVIDER_NAMES.flatMap((provider) =>
    [1, 2, 3, 4].map((take) => ({ provider, prompt: `a red fox runs through fresh snow at dawn take ${take} of ${provider}` })),
  );
  await house.write('prompts.jsonl', prompts.map((line) => JSON.stringify(line)).join('\n'));
  const words = ['run', 'prompts.jsonl', '--batch', 'foxes', '--out', 'videos', '--json'];

  const killed = house.start(words);
  // Every place is taken then, so nobody is in the middle of a POST; ten are still queued.
  await house.until('foxes', (all) => inState(all, 'rendering').length === 10);
  killed.kill('SIGKILL');
  expect((await killed.ended).code).toBeNull();
  house.simulator.faults.add(...FINISH);

  const again = await house.dailies(...words);
  expect(again.code, again.stderr).toBe(0);
  expect(saidJson(again.stdout).summary).toMatchObject({ total: 20, counts: { succeeded: 20 } });
  expect(paidPrompts(house)).toEqual(prompts.map(({ prompt }) => prompt).toSorted());

  const third = await house.dailies(...words);
  expect(third.code, third.stderr).toBe(0);
  const { generations, summary } = saidJson(third.stdout);
  expect(summary).toMatchObject({ total: 20, counts: { succeeded: 20 } });
  expect(third.stderr).toContain('0 new, 20 known');
  expect(generations).toHaveLength(20);
  expect(house.simulator.counts()).toMatchObject({ accepted: 20, refused: 0 });
  for (const { task, videos } of generations) expect(await readFile(path.join(house.folder, 'videos', videos[0]?.file ?? ''), 'latin1')).toContain(task?.id);
});

test('a run killed inside of its POSTs finds what can be looked up, leaves the rest to a person, and pays nothing twice', async () => {
  const late = { on: 'create', what: 'late-answer', times: 1 } as const;
  const house = await openHouse(
    {
      faults: [
        { ...late, provider: 'allegro' },
        { ...late, provider: 'kling' },
        { ...late, provider: 'luma' },
      ],
    },
    { UPSTREAM_TIMEOUT_MS: '2000' },
  );
  const prompts = ['allegro', 'kling', 'luma'].map((provider) => ({ provider, prompt: `a shuttle flies from space into an old volcano by ${provider}` }));
  await house.write('prompts.jsonl', prompts.map((line) => JSON.stringify(line)).join('\n'));
  const words = ['run', 'prompts.jsonl', '--batch', 'shuttle', '--json'];

  const taken = Promise.all(prompts.map(({ provider }) => house.simulator.nextRequest((one) => one.kind === 'create' && one.provider === provider)));
  const killed = house.start(words);
  await taken;
  killed.kill('SIGKILL');
  await killed.ended;
  expect(house.simulator.ledger()).toHaveLength(3);

  const again = await house.dailies(...words);
  expect(again.code, again.stderr).toBe(3);
  const states = Object.fromEntries(saidJson(again.stdout).generations.map(({ provider, state }) => [provider, state]));
  expect(states).toEqual({ allegro: 'unresolved', kling: 'succeeded', luma: 'succeeded' });

  const third = await house.dailies(...words.slice(0, -1));
  expect(third.code).toBe(3);
  expect(third.stdout).toMatch(/shuttle: 2 of 3 succeeded, 1 unresolved/);
  expect(third.stdout).toMatch(/dailies resolve g[a-z2-7]{20} --task TASK \| --resubmit \(may pay twice\) \| --abandon/);
  expect(paidPrompts(house)).toEqual(prompts.map(({ prompt }) => prompt).toSorted());
});

function paidPrompts({ simulator }: House): string[] {
  return simulator.ledger().map(({ prompt }) => prompt).toSorted();
}
