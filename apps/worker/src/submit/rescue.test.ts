import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLog, type Generation, loadConfig, loadPrices, pollsPausedFor, readGeneration, resume, shardOf } from '@dailies/queue';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { billedOn } from '../steps/testing/step-stage.ts';
import type { AcceptedAnswer } from './accepted-answer.ts';
import { replayRescueFiles, writeRescueFiles } from './rescue.ts';

const ORIGIN = 'http://127.0.0.1:1';
const MINUTE = 60_000;

test('what a stop could not record is replayed into its shard, though all shards, and other workers, look into the folder at once', async () => {
  const { store, queues } = openTestLedger(undefined, 4);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const items = Array.from({ length: 40 }, (_, at) => {
    const provider = at % 2 === 0 ? 'kling' : 'allegro';
    return newGeneration(`g${at}`, { provider, account: `${provider}@${ORIGIN}` });
  });
  await accept(store, 'paid', items);
  const shared = { config: loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder }), prices: loadPrices(null), log: createLog({ level: 'silent', name: 'test' }) };
  const answers = new Map<string, Pick<AcceptedAnswer, 'generation' | 'task' | 'taskKey' | 'answeredAt'>>();
  for (const { id } of items) {
    const generation = await readGeneration(store, id);
    if (generation !== null) answers.set(id, { generation, answeredAt: Date.now(), task: { id: `task of ${id}` }, taskKey: `task-${id}` });
  }
  await writeRescueFiles(shared, answers);

  const workers = [1, 2];
  const replays = workers.flatMap(() => store.shards.map((shard) => replayRescueFiles({ ...shared, store: shard, queues: queues.of(shard.number) })));
  await Promise.all(replays);
  for (const { id, account } of items) {
    const generation = await readGeneration(shardOf(store, account), id);
    expect(generation).toMatchObject({ state: 'rendering', taskKey: `task-${id}` });
    expect(generation?.strays).toBeUndefined();
  }
  expect(await readdir(path.join(folder, 'state', 'rescue'))).toEqual([]);
});

test('a rescue file that cannot be read keeps no other from being replayed, and stays for a person', async () => {
  const { store, queues } = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const items = [newGeneration('g1', { provider: 'kling', account: `kling@${ORIGIN}` })];
  await accept(store, 'paid', items);
  const shared = { config: loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder }), prices: loadPrices(null), log: createLog({ level: 'silent', name: 'test' }) };
  const generation = await readGeneration(store, 'g1');
  if (generation === null) throw new Error('g1 was accepted');
  await writeRescueFiles(shared, new Map([['g1', { generation, answeredAt: Date.now(), task: { id: 'task' }, taskKey: 'task' }]]));
  const rescues = path.join(folder, 'state', 'rescue');
  await writeFile(path.join(rescues, 'a-cut.json'), '{"v":1,"id":"g0","ta');
  await writeFile(path.join(rescues, 'b-strange.json'), 'null');

  expect(await replayRescueFiles({ ...shared, store, queues })).toBe(1);
  expect(await readGeneration(store, 'g1')).toMatchObject({ state: 'rendering', taskKey: 'task' });
  expect(await readdir(rescues)).toEqual(['a-cut.json', 'b-strange.json']);
});

test('a rescue file brings its task back into the round that it was paid in, and there is a job that looks at it', async () => {
  const { store, queues } = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await accept(store, 'paid', [newGeneration('g1', { provider: 'kling', account: `kling@${ORIGIN}` })]);
  const shared = { config: loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder }), prices: billedOn('acceptance'), log: createLog({ level: 'silent', name: 'test' }) };
  const shard = shardOf(store, `kling@${ORIGIN}`);
  await shard.redis.hset(shard.keys.generation('g1'), { round: 2, attempts: 0 });
  const generation = await readGeneration(store, 'g1');
  if (generation === null) throw new Error('g1 was accepted');
  await writeRescueFiles(shared, new Map([['g1', { generation, answeredAt: Date.now(), task: { id: 'task' }, taskKey: 'task' }]]));

  expect(await replayRescueFiles({ ...shared, store, queues })).toBe(1);
  const rescued = await readGeneration(store, 'g1');
  expect(rescued).toMatchObject({ state: 'rendering', round: 2, attempts: 1, task: { id: 'task' }, bill: '1000000|USD|price|m' });
  expect(rescued?.strays).toBeUndefined();
  expect(Number(await shard.redis.zscore(shard.keys.slots(`kling@${ORIGIN}`), 'g1')), 'until its deadline').toBeGreaterThan(Date.now() + 60 * MINUTE);
  expect(await queues.get('kling-poll').getJob(`g1-${rescued?.seq}`)).toBeDefined();
});

test('a rescue file of an earlier round is kept beside the round that a person has begun since, and leaves that in the queue', async () => {
  const { store, queues } = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await accept(store, 'paid', [newGeneration('g1', { provider: 'kling', account: `kling@${ORIGIN}` })]);
  const shared = { config: loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder }), prices: loadPrices(null), log: createLog({ level: 'silent', name: 'test' }) };
  const generation = await readGeneration(store, 'g1');
  if (generation === null) throw new Error('g1 was accepted');
  await writeRescueFiles(shared, new Map([['g1', { generation, answeredAt: Date.now(), task: { id: 'task' }, taskKey: 'task' }]]));
  const shard = shardOf(store, `kling@${ORIGIN}`);
  await shard.redis.hset(shard.keys.generation('g1'), 'round', 2);

  expect(await replayRescueFiles({ ...shared, store, queues })).toBe(1);
  expect(await readGeneration(store, 'g1')).toMatchObject({ state: 'queued', round: 2, strays: [{ round: 1, taskKey: 'task' }] });
});

test('a rescue file that cannot be written keeps no other from being written', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const context = { config: loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder }), log: createLog({ level: 'silent', name: 'test' }) };
  const rescues = path.join(folder, 'state', 'rescue');
  // Something stands where its file is to be.
  await mkdir(path.join(rescues, 'g1.json'), { recursive: true });
  const answers = ['g1', 'g2'].map((id) => {
    const generation = { ...newGeneration(id, { provider: 'kling', account: `kling@${ORIGIN}` }), seq: 1, round: 1 } as Generation;
    return [id, { generation, answeredAt: Date.now(), task: { id: 'task' }, taskKey: 'task' }] as const;
  });
  await writeRescueFiles(context, new Map(answers));
  expect(JSON.parse(await readFile(path.join(rescues, 'g2.json'), 'utf8'))).toMatchObject({ id: 'g2', taskKey: 'task' });
});

test('a pause that began between the submit and the replay of its rescue file puts the deadline off by all of it', async () => {
  const { store, queues } = openTestLedger();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await accept(store, 'paid', [newGeneration('g1', { provider: 'kling', account: `kling@${ORIGIN}` })]);
  const config = loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder });
  const shared = { config, prices: loadPrices(null), log: createLog({ level: 'silent', name: 'test' }) };
  const generation = await readGeneration(store, 'g1');
  if (generation === null) throw new Error('g1 was accepted');
  const submittedAt = Date.now() - 40 * MINUTE;
  await writeRescueFiles(shared, new Map([['g1', { generation, answeredAt: submittedAt, task: { id: 'task' }, taskKey: 'task' }]]));
  await store.redis.hset(store.keys.pauses, 'operator:kling', `${submittedAt + 10 * MINUTE}|1|operator|lunch`);

  expect(await replayRescueFiles({ ...shared, store, queues })).toBe(1);
  const rescued = await readGeneration(store, 'g1');
  if (rescued === null) throw new Error('g1 is there');
  await resume(store, 'kling', []);
  const deadline = (rescued.deadlineAt ?? 0) + (await pollsPausedFor(store, rescued)) - rescued.pausedBase;
  expect(rescued.submittedAt).toBe(submittedAt);
  expect(deadline).toBeGreaterThanOrEqual(submittedAt + config.providers.kling.pace.deadlineMs + 30 * MINUTE);
});

test('a rescue file is on the disk for good, should the machine go down right after the process', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rescue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const handle = await open(folder, 'r');
  const sync = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
  onTestFinished(() => sync.mockRestore());
  await handle.close();
  const context = { config: loadConfig({ DAILIES_DIR: 'state' }, { root: folder, cwd: folder }), log: createLog({ level: 'silent', name: 'test' }) };
  const generation = { ...newGeneration('g1', { provider: 'kling', account: `kling@${ORIGIN}` }), seq: 1, round: 1 } as Generation;
  await writeRescueFiles(context, new Map([['g1', { generation, answeredAt: Date.now(), task: { id: 'task' }, taskKey: 'task' }]]));
  expect(await readdir(path.join(folder, 'state', 'rescue'))).toEqual(['g1.json']);
  expect(sync).toHaveBeenCalledTimes(1);
});
