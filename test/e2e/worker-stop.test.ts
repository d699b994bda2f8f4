/** SIGTERM to a worker in the middle of its work: it finishes what it must, and another one does the rest. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { ENDLESS, FINISH, inState, openHouse } from './house.ts';

/** Longer than any test: a worker that ends has not waited for its deadline. */
const STOP_DEADLINE_MS = '600000';

test('a worker that is told to stop waits for its submits, ends with 0, and another loses nothing and pays for nothing twice', async () => {
  // The fourth submit of each provider takes its last place and is answered late: not all of them are when the signal comes.
  const faults = [{ on: 'create', what: 'late-answer', ms: 1_500, match: 'take 4' } as const];
  const places = Object.fromEntries(PROVIDER_NAMES.map((name) => [`${name.toUpperCase()}_MAX_IN_FLIGHT`, '4']));
  const house = await openHouse({ faults, durations: ENDLESS }, { ...places, STOP_DEADLINE_MS });
  const lines = PROVIDER_NAMES.flatMap((provider) =>
    [1, 2, 3, 4, 5, 6].map((take) => ({ provider, prompt: `a red fox runs through fresh snow at dawn take ${take} of ${provider}` })),
  );
  await house.write('prompts.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
  expect((await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'foxes')).code).toBe(0);

  const slow = Promise.all(PROVIDER_NAMES.map((provider) => house.simulator.nextRequest((one) => one.provider === provider && one.fault === 'late-answer')));
  const first = await house.worker();
  await slow;
  first.kill('SIGTERM');
  const { code, stderr } = await first.ended;
  expect(code, stderr).toBe(0);
  const left = await house.generations('foxes');
  expect([inState(left, 'rendering').length, inState(left, 'queued').length]).toEqual([20, 10]);
  expect(left.filter(({ attempts, state }) => attempts !== (state === 'queued' ? 0 : 1))).toEqual([]);

  house.simulator.faults.add(...FINISH);
  await house.worker();
  await house.until('foxes', (all) => inState(all, 'succeeded').length === lines.length);
  expect((await house.generations('foxes')).filter(({ attempts, round }) => attempts !== 1 || round !== 1)).toEqual([]);
  expect(house.simulator.ledger().map(({ prompt }) => prompt).toSorted()).toEqual(lines.map(({ prompt }) => prompt).toSorted());
});

test('a worker that is told to stop in the middle of a download leaves no part of a file, and another fetches it whole', async () => {
  const house = await openHouse({ faults: [{ on: 'asset', what: 'stall', times: 1 }] }, { STOP_DEADLINE_MS });
  await house.write('prompts.txt', 'paper boats\n');
  expect((await house.dailies('enqueue', 'prompts.txt', '--provider', 'pika', '--batch', 'boats')).code).toBe(0);
  const files = async (): Promise<string[]> =>
    (await readdir(path.join(house.folder, 'out/boats')).catch(() => [])).filter((name) => /\.(part|mp4)$/.test(name));
  const first = await house.worker();
  await expect.poll(files, { timeout: 40_000 }).toEqual([expect.stringMatching(/\.part$/)]);
  first.kill('SIGTERM');
  const { code, stderr } = await first.ended;
  expect(code, stderr).toBe(0);
  expect((await house.generations('boats'))[0]).toMatchObject({ state: 'downloading', attempts: 1 });
  expect(await files()).toEqual([]);

  await house.worker();
  await house.until('boats', (all) => inState(all, 'succeeded').length === 1);
  const [only] = await house.generations('boats');
  expect(await files()).toEqual([`${only?.id}.mp4`]);
  expect(house.simulator.ledger()).toHaveLength(1);
});
