/** What the upstream refused, and what nobody knows: told with its real reason, and in the hands of a person. */
import { expect, test } from 'vitest';
import { type House, openHouse } from './house.ts';
import { jsonLines, saidJson } from './said.ts';

const REASON = 'the scene shows a <b>brand</b> & a face';
const BOATS = 'paper boats float down a river of black ink';
const FOX = 'a red fox runs through fresh snow at dawn';

test("the upstream's final failure shows its real reason everywhere, and only a retry that is agreed to pays again", async () => {
  const house = await openHouse({ faults: [{ on: 'create', what: 'task-fails', match: 'boats', times: 1, reason: REASON }] });
  await house.write('prompts.txt', `${FOX}\n${BOATS}\n`);
  const words = ['run', 'prompts.txt', '--provider', 'kling', '--batch', 'unlucky', '--out', 'videos'];

  const run = await house.dailies(...words);
  expect(run.code, run.stderr).toBe(1);
  expect(run.stdout).toMatch(/unlucky: 1 of 2 succeeded, 1 failed\n {2}failed {2}line 2 {2}kling/);
  const failed = (await house.generations('unlucky')).find(({ state }) => state === 'failed');
  const id = failed?.id ?? '';
  expect(run.stdout).toContain(REASON);
  expect((await house.dailies('status', id)).stdout).toMatch(/failure +upstream.*the scene shows a <b>brand<\/b> & a face/);
  const row = jsonLines(await house.read('videos/manifest.jsonl')).find((one) => (one as { id: string }).id === id);
  expect(row).toMatchObject({ state: 'failed', failure: { message: expect.stringContaining(REASON) as string } });
  expect(await sheetRows(house)).toContainEqual(expect.objectContaining({ id, state: 'failed' }));
  expect(JSON.stringify(await sheetRows(house))).toContain(REASON);

  const again = await house.dailies(...words);
  expect(again.code, again.stderr).toBe(1);
  const retry = await house.dailies('retry', 'unlucky');
  expect(retry.code).toBe(2);
  expect(retry.stderr).toContain('1 will be submitted again, 0 only polled, 0 fetched, 0 need you');
  expect(retry.stderr).toContain('--yes');
  expect((await house.ledger.generation(id)).state).toBe('failed');
  expect(house.simulator.ledger()).toHaveLength(2);

  const agreed = await house.dailies('retry', 'unlucky', '--yes');
  expect(agreed.code, agreed.stderr).toBe(0);
  const last = await house.dailies(...words, '--json');
  expect(last.code, last.stderr).toBe(0);
  expect(saidJson(last.stdout).generations.find((one) => one.id === id)).toMatchObject({ state: 'succeeded', round: 2, attempts: 2 });
  expect(house.simulator.ledger().map(({ prompt }) => prompt).toSorted()).toEqual([FOX, BOATS, BOATS].toSorted());
  expect((await house.dailies('retry', 'unlucky')).stderr).toContain('0 will be submitted again');
});

test('of two submits that nobody can look up a person gives one its task, has the other sent again, and the run finishes both', async () => {
  const house = await openHouse({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'allegro', times: 2 }] });
  await house.write('prompts.txt', `${FOX}\n${BOATS}\n`);
  const words = ['run', 'prompts.txt', '--provider', 'allegro', '--batch', 'doubt', '--json'];

  const run = await house.dailies(...words);
  expect(run.code, run.stderr).toBe(3);
  expect(saidJson(run.stdout).summary).toMatchObject({ counts: { unresolved: 2 } });
  const [fox = '', boats = ''] = (await house.generations('doubt')).map(({ id }) => id);

  const refused = await house.dailies('retry', fox);
  expect(refused.code).toBe(3);
  expect(refused.stdout).toContain(`dailies resolve ${fox}`);
  const unsaid = await house.dailies('resolve', fox);
  expect(unsaid.code).toBe(2);
  expect(unsaid.stderr).toContain('--abandon');

  const task = house.simulator.ledger().find(({ prompt }) => prompt === FOX)?.taskId ?? '';
  expect(await house.dailies('resolve', fox, '--task', task)).toMatchObject({
    code: 0,
    stdout: `${fox}: task adopted; it is polled now. If it was mistyped, give the right one in the same way\n`,
  });
  const stolen = await house.dailies('resolve', boats, '--task', task);
  expect(stolen.code).toBe(2);
  expect(stolen.stderr).toContain(`a person gave that task to another generation, ${fox}`);
  expect(await house.dailies('resolve', boats, '--resubmit')).toMatchObject({ code: 0, stdout: `${boats}: queued again, a new round\n` });

  const last = await house.dailies(...words);
  expect(last.code, last.stderr).toBe(0);
  const found = new Map(saidJson(last.stdout).generations.map((one) => [one.id, one]));
  expect(found.get(fox)).toMatchObject({ state: 'succeeded', round: 1, task: { id: task } });
  expect(found.get(boats)).toMatchObject({ state: 'succeeded', round: 2 });
  expect(house.simulator.ledger().map(({ prompt }) => prompt).toSorted()).toEqual([FOX, BOATS, BOATS].toSorted());
});

test('what a person abandons has failed, is left out when its batch is retried, and comes back by its id alone', async () => {
  const house = await openHouse({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'allegro', times: 1 }] });
  await house.write('prompts.txt', FOX);
  const words = ['run', 'prompts.txt', '--provider', 'allegro', '--batch', 'left'];
  expect((await house.dailies(...words)).code).toBe(3);
  const [only] = await house.generations('left');
  const id = only?.id ?? '';

  expect(await house.dailies('resolve', id, '--abandon')).toMatchObject({ code: 0, stdout: `${id}: abandoned\n` });
  const run = await house.dailies(...words);
  expect(run.code, run.stderr).toBe(1);
  expect(run.stdout).toContain('abandoned by a person');
  expect(run.stdout, 'its batch would leave it').toContain('What a person gave up stays so. Wanted after all, one by one: dailies retry ID');
  expect(run.stdout).not.toContain('To try again');
  const batch = await house.dailies('retry', 'left', '--yes');
  expect(batch.stderr).toContain(`1 were abandoned by a person and stay: ${id}. Retried by its id: dailies retry ${id}`);
  expect(house.simulator.ledger()).toHaveLength(1);

  expect((await house.dailies('retry', id)).code).toBe(0);
  const last = await house.dailies(...words);
  expect(last.code, last.stderr).toBe(0);
  expect(house.simulator.ledger()).toHaveLength(2);
});

/** What the contact sheet shows, from the data inside of it. */
async function sheetRows(house: House): Promise<unknown[]> {
  const data = /<script type="application\/json" id="data">([^]*?)<\/script>/.exec(await house.read('videos/index.html'))?.[1] ?? '';
  const shown = JSON.parse(data) as unknown[] | { rows: unknown[] };
  return Array.isArray(shown) ? shown : shown.rows;
}
