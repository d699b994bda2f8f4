/** Redis is lost, the folder is not: the same command again pays for nothing that its manifest knows of. */
import { readFile, rm, truncate } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import type { PublicGeneration } from '@dailies/queue';
import { ENDLESS, FINISH, type House, inState, openHouse } from './house.ts';
import { jsonLines, saidJson } from './said.ts';
import { dropKeys } from '../support/ledger.ts';

const line = (provider: string, take: number): string =>
  JSON.stringify({ provider, prompt: `a shuttle flies from space into an old volcano, take ${take}`, metadata: { take } });
const words = ['run', 'prompts.jsonl', '--batch', 'shuttle', '--out', 'videos', '--json'];

test('a run whose ledger was lost reads its folder back, fetches what is damaged, submits only what is new, and leaves the same facts', async () => {
  const house = await openHouse();
  const lines = PROVIDER_NAMES.map((provider, take) => line(provider, take));
  await house.write('prompts.jsonl', lines.join('\n'));
  expect((await house.dailies(...words)).code).toBe(0);
  const before = await rowsOf(house);
  const csv = await house.read('videos/manifest.csv');
  await flush(house);
  const damaged = path.join(house.folder, 'videos', `${before.find(({ provider }) => provider === 'kling')?.id}.mp4`);
  const content = await readFile(damaged);
  await truncate(damaged, 1_000);
  await house.write('prompts.jsonl', [line('pika', 77), ...lines].join('\n'));

  const again = await house.dailies(...words);

  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toContain('5 were not in the ledger any more, and were read back from manifest.jsonl: not submitted again.');
  expect(again.stderr).toContain('shuttle: 1 new, 0 known, 5 read back.');
  expect(again.stderr).toContain('Of 5 done before: 4 whole in their folder, 1 fetched again.');
  expect(saidJson(again.stdout).summary).toMatchObject({ total: 6, counts: { succeeded: 6 } });
  expect((await readFile(damaged)).equals(content)).toBe(true);
  expect(house.simulator.counts().accepted).toBe(6);
  const after = await rowsOf(house);
  expect(after[0]?.metadata).toEqual({ take: 77 });
  const facts = ({ history: _history, finishedAt: _finishedAt, ...rest }: PublicGeneration): object => rest;
  expect(after.slice(1).map(facts)).toEqual(before.map(facts));
  for (const { id } of before) expect(csv).toContain(id);
  const known = (await house.read('videos/manifest.csv')).split('\r\n').map((text) => text.split(',', 1)[0]);
  expect(known).toEqual(['id', ...after.map(({ id }) => id), '']);

  const third = await house.dailies(...words);
  expect(third.stderr).toContain('0 new, 6 known.');
  expect(house.simulator.counts().accepted).toBe(6);
});

test('what had failed, was canceled or is unresolved keeps its state without a ledger, and is not submitted again', async () => {
  const house = await openHouse({ faults: [{ on: 'create', what: 'acedata:forbidden', provider: 'luma', times: 1 }] });
  await house.write('prompts.jsonl', ['luma', 'pika', 'allegro'].map((provider, take) => line(provider, take)).join('\n'));
  await house.dailies(...words);
  const [luma, pika, allegro] = await rowsOf(house);
  expect(luma?.state).toBe('failed');
  const { videos: _videos, ...bare } = { ...pika, state: 'canceled' };
  const unresolved = {
    ...allegro,
    state: 'unresolved',
    task: undefined,
    videos: [],
    ambiguity: { sentAt: allegro?.submittedAt, why: 'the connection was cut' },
  };
  await house.write('videos/manifest.jsonl', [luma, { ...bare, videos: [] }, unresolved].map((row) => `${JSON.stringify(row)}\n`).join(''));
  await flush(house);
  const paid = house.simulator.counts().accepted;

  const again = await house.dailies(...words);

  expect(again.code, again.stderr).toBe(3);
  expect(saidJson(again.stdout).summary.counts).toMatchObject({ failed: 1, canceled: 1, unresolved: 1 });
  expect(house.simulator.counts().accepted).toBe(paid);
  expect((await house.generations('shuttle')).find(({ state }) => state === 'failed')?.failure).toEqual(luma?.failure);
  expect(await rowsOf(house)).toMatchObject([
    { state: 'failed' },
    { state: 'canceled', task: pika?.task },
    { state: 'unresolved', ambiguity: { why: 'the connection was cut' } },
  ]);
  const retried = await house.dailies('resolve', allegro?.id ?? '', '--abandon');
  expect(retried.code, retried.stderr).toBe(0);
});

test('what retention had removed stays removed without a ledger: it is neither fetched nor failed', async () => {
  const house = await openHouse();
  await house.write('prompts.jsonl', line('kling', 1));
  await house.dailies(...words);
  const [row] = await rowsOf(house);
  await house.write('videos/manifest.jsonl', `${JSON.stringify({ ...row, filesRemovedAt: '2026-01-02T03:04:05.000Z' })}\n`);
  await rm(path.join(house.folder, 'videos', `${row?.id}.mp4`));
  await flush(house);
  const fetched = house.simulator.requests({ kind: 'asset' }).length;

  const again = await house.dailies(...words);

  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toContain('Of 1 done before: 0 whole in their folder, 1 removed by retention.');
  expect(await rowsOf(house)).toMatchObject([{ state: 'succeeded', filesRemovedAt: '2026-01-02T03:04:05.000Z' }]);
  expect(house.simulator.requests({ kind: 'asset' })).toHaveLength(fetched);
});

test('what was overdue is polled by its task, and its video is collected', async () => {
  const house = await openHouse();
  await house.write('prompts.jsonl', ['kling', 'hailuo'].map((provider, take) => line(provider, take)).join('\n'));
  await house.dailies(...words);
  const rows = await rowsOf(house);
  await house.write(
    'videos/manifest.jsonl',
    rows.map((row) => `${JSON.stringify({ ...row, state: 'overdue', videos: [], finishedAt: undefined })}\n`).join(''),
  );
  await Promise.all(rows.map(({ id }) => rm(path.join(house.folder, 'videos', `${id}.mp4`))));
  await flush(house);
  const wanted = house.until('shuttle', (all) => inState(all, 'succeeded').length === 2);

  const again = house.start([...words, '--wait']);

  await wanted;
  expect((await again.ended).code).toBe(0);
  expect(house.simulator.counts().accepted).toBe(2);
});

test('what renders is polled by its task, also where it failed before: another retry of that failure would pay', async () => {
  const house = await openHouse({ faults: [{ on: 'create', what: 'acedata:forbidden', provider: 'luma', times: 1 }], durations: ENDLESS });
  await house.write('prompts.jsonl', [line('luma', 1), line('pika', 1)].join('\n'));
  await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'shuttle');
  const worker = await house.worker();
  const rows = (): Promise<PublicGeneration[]> => house.read('out/shuttle/manifest.jsonl').then((text) => jsonLines(text) as PublicGeneration[], () => []);
  await expect.poll(rows).toContainEqual(expect.objectContaining({ state: 'failed', round: 1 }));
  await house.dailies('retry', 'shuttle', '--yes');
  const task = { id: expect.any(String) as string };
  await expect.poll(rows).toMatchObject([{ state: 'rendering', round: 2, task }, { state: 'rendering', round: 1, task }]);
  worker.kill('SIGKILL');
  await worker.ended;
  await flush(house);
  house.simulator.faults.add(...FINISH);

  const again = await house.dailies('run', 'prompts.jsonl', '--batch', 'shuttle');

  expect(again.code, again.stderr).toBe(0);
  expect(again.stderr).toContain('0 new, 0 known, 2 read back.');
  expect(house.simulator.counts().accepted).toBe(2);
  expect(await rows()).toMatchObject([{ state: 'succeeded', round: 2 }, { state: 'succeeded', round: 1 }]);
});

test('a shorter file keeps the rows of the longer one, which then pays for nothing', async () => {
  const house = await openHouse();
  const lines = [1, 2, 3].map((take) => line('luma', take));
  await house.write('prompts.jsonl', lines.join('\n'));
  await house.dailies(...words);
  const before = await rowsOf(house);
  await flush(house);
  await house.write('prompts.jsonl', lines.slice(1, 2).join('\n'));
  expect((await house.dailies(...words)).code).toBe(0);
  const byId = (rows: PublicGeneration[]): object[] =>
    rows.map(({ history: _history, ...facts }) => facts).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  expect(byId(await rowsOf(house))).toEqual(byId(before));
  await house.write('prompts.jsonl', lines.join('\n'));

  const whole = await house.dailies(...words);

  expect(whole.code, whole.stderr).toBe(0);
  expect(whole.stderr).toContain('0 new, 1 known, 2 read back.');
  expect(saidJson(whole.stdout).summary.counts).toMatchObject({ succeeded: 3 });
  expect(await rowsOf(house)).toHaveLength(3);
  expect(house.simulator.counts().accepted).toBe(3);
});

test('a worker that serves a ledger which went back in time does not forget what the folder knows', async () => {
  const house = await openHouse();
  await house.write('prompts.jsonl', line('luma', 1));
  await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'shuttle');
  const first = await house.worker();
  const written = (): Promise<number> => house.read('out/shuttle/manifest.jsonl').then((text) => jsonLines(text).length, () => 0);
  await expect.poll(written).toBe(1);
  first.kill('SIGKILL');
  await first.ended;
  await flush(house);
  await house.write('prompts.jsonl', line('luma', 2));
  await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'shuttle');
  const second = await house.worker();
  await expect.poll(written).toBe(2);
  second.kill('SIGTERM');
  await second.ended;
  await house.write('prompts.jsonl', [line('luma', 1), line('luma', 2)].join('\n'));

  const enqueued = await house.dailies('enqueue', 'prompts.jsonl', '--batch', 'shuttle');

  expect(enqueued.stderr).toContain('accepted 0 new, 1 known, 1 read back.');
  expect(house.simulator.counts().accepted).toBe(2);
});

test('an own id whose row stands for another prompt is a bad line, and nothing is enqueued', async () => {
  const house = await openHouse();
  await house.write('prompts.jsonl', JSON.stringify({ provider: 'luma', id: 'mine', prompt: 'a red fox' }));
  await house.dailies(...words);
  await flush(house);
  await house.write('prompts.jsonl', JSON.stringify({ provider: 'luma', id: 'mine', prompt: 'a blue fox' }));

  const again = await house.dailies(...words);

  expect(again).toMatchObject({ code: 2 });
  expect(again.stderr).toContain('"mine" stands for another request');
  expect(house.simulator.counts().accepted).toBe(1);
});

async function rowsOf(house: House): Promise<PublicGeneration[]> {
  return jsonLines(await house.read('videos/manifest.jsonl')) as PublicGeneration[];
}

/** Everything of this ledger, and of its queues, is gone. */
async function flush({ ledger }: House): Promise<void> {
  await dropKeys(ledger.redis, ledger.tag);
}
