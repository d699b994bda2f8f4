/** A row of a manifest, written and read back: what was in it is in the ledger again. */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROVIDERS } from '@dailies/providers';
import { dueStrays, loadConfig, publicGeneration, type PublicGeneration, resolveGeneration } from '@dailies/queue';
import { openResults } from '@dailies/results';
import { expect, onTestFinished, test } from 'vitest';
import { countIn, newGeneration, openTestLedger, shardHolding } from '../../../../../test/support/ledger.ts';
import type { Session } from '../../session.ts';
import { takeIn } from './take-in.ts';

const SHA = 'a'.repeat(64);
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 20, 12, minute)).toISOString();

const row: PublicGeneration = {
  id: 'one',
  state: 'succeeded',
  provider: 'kling',
  model: 'kling-v2-6',
  prompt: 'a harbour',
  params: { duration: '5', aspect_ratio: '16:9', mode: 'pro' },
  batch: 'films',
  priority: 1,
  round: 2,
  metadata: { take: 7 },
  fingerprint: 'f-one',
  createdBy: 'studio',
  task: { id: '867283741759111' },
  attempts: 3,
  createdAt: at(0),
  submittedAt: at(1),
  finishedAt: at(9),
  videos: [
    { url: 'https://cdn.example/one.mp4', file: 'one.mp4', sha256: SHA, bytes: 4_000, durationSeconds: 5, width: 640, height: 360, thumbnailUrl: 'one.2.jpg' },
  ],
  extras: [
    { kind: 'cover', url: 'https://cdn.example/one.jpg', file: 'one.2.jpg', sha256: SHA, bytes: 400 },
    { kind: 'other', url: 'https://cdn.example/mark.mp4', file: 'one.3.mp4', sha256: SHA, bytes: 4_100 },
  ],
  filesRemovedAt: at(30),
  estimatedCost: { amount: 0.35, currency: 'USD', basis: 'price' },
  failure: { kind: 'asset', message: 'the host was away', code: '503', retryable: true },
  unwanted: true,
  ambiguity: { sentAt: at(1), until: at(5), why: 'the ledger was restored', requestId: 'r-1' },
  strays: [{ task: { id: '867283741759000' }, round: 1, outcome: 'succeeded', endedAt: at(8), url: 'https://cdn.example/second.mp4' }],
  history: [
    { at: at(0), state: 'queued' },
    { at: at(1), state: 'submitting' },
    { at: at(2), state: 'rendering', note: 'accepted', times: 2 },
    { at: at(9), state: 'succeeded' },
    { at: at(20), state: 'downloading', note: 'retried by a person: its file is gone or damaged: fetched again' },
    { at: at(21), state: 'succeeded' },
  ],
};

test('a row with every field comes back with every field, and one more line of history', async () => {
  const { desk, take } = await withManifest(row);
  expect(await take()).toMatchObject({ outcome: 'accepted', recalled: ['one'] });

  const { history, ...facts } = publicGeneration(await desk.generation('one'));
  const { history: before, ...written } = row;
  expect(facts).toEqual(written);
  expect(history.slice(0, -1)).toEqual(before);
  expect(history.at(-1)).toMatchObject({ state: 'succeeded', note: expect.stringContaining('read back') });
  // Fetched again it is not charged for again. Nor does its end say how long a video takes, as it was fetched again before.
  expect(await desk.generation('one')).toMatchObject({ billedRound: 2, refetched: true });
});

test('a row that somebody edited into other types is told of, and not paid for again', async () => {
  const { desk, take } = await withManifest({ ...row, task: { id: 867283741759111 }, videos: 'none' } as unknown as PublicGeneration);
  expect(await take()).toMatchObject({
    outcome: 'accepted',
    created: [],
    recalled: ['one'],
    leftOut: expect.stringContaining('manifest.jsonl is not all as Dailies wrote it, and what is named here was left out: line 1: videos.') as string,
  });
  expect(await desk.generation('one')).toMatchObject({ state: 'succeeded', taskKey: '867283741759111' });
});

test('a row whose state or provider nobody knows is asked about, and not paid for again', async () => {
  const { desk, take, write, manifest } = await withManifest({ ...row, state: 'upscaling' } as unknown as PublicGeneration);
  await expect(take()).rejects.toThrow(/manifest\.jsonl is not all .* line 1: state \(no row\).*So it is not known whether one is paid already/);
  expect(await countIn(desk.store, (keys) => keys.live)).toBe(0);
  await write({ ...row, provider: 'Kling\u009b' });
  await expect(take()).rejects.toThrow(/has one under a provider that is none, "Kling"\. .* put that right there\. So it is not known whether one is/);
  await write({ ...row, id: 'two' });
  await appendFile(manifest, '{"id":"one","sta');
  await expect(take(), 'a row that was cut').rejects.toThrow(/line 2: the whole line \(no row\).*So it is not known whether one is paid already/);
  expect(await countIn(desk.store, (keys) => keys.live)).toBe(0);
});

test('a second paid task that may still run has its slot again, and is looked at', async () => {
  const { desk, take } = await withManifest({ ...row, strays: [...(row.strays ?? []), { task: { id: '867283741759222' }, round: 1 }] });
  await take();

  const { strays = [] } = await desk.generation('one');
  expect(strays.map(({ taskKey, endedAt }) => [taskKey, endedAt === undefined])).toEqual([['867283741759000', false], ['867283741759222', true]]);
  expect((await Promise.all(desk.store.shards.map((shard) => dueStrays(shard, Date.now() + 1_000, 10)))).flat()).toEqual(['one']);
  expect(await countIn(desk.store, (keys) => keys.slots('kling@http://127.0.0.1:1'))).toBe(1);
});

test('what was in doubt when its folder was written asks a person, and is not sent again', async () => {
  const { videos: _videos, extras: _extras, filesRemovedAt: _removed, task: _task, failure: _failure, strays: _strays, finishedAt: _at, ...rest } = row;
  const { desk, take } = await withManifest({ ...rest, state: 'ambiguous', cancelRequested: true, videos: [] });
  expect(await take()).toMatchObject({ recalled: ['one'] });
  expect(await desk.generation('one')).toMatchObject({
    state: 'unresolved', round: 2, cancelRequested: true, ambiguity: { why: 'the ledger was restored', requestId: 'r-1' },
  });
});

test('a row that calls it queued is not read back: it was never submitted', async () => {
  const { videos: _videos, extras: _extras, filesRemovedAt: _removed, task: _task, strays: _strays, finishedAt: _at, ...rest } = row;
  const { desk, take } = await withManifest({ ...rest, state: 'queued', videos: [] });
  expect(await take()).toMatchObject({ created: ['one'], recalled: [] });
  expect(await desk.generation('one')).toMatchObject({ state: 'queued', round: 1 });
});

test('a row of an early version, which has no fingerprint, is the same work by its prompt, and else a bad line', async () => {
  const { fingerprint: _fingerprint, ...early } = row;
  const { take, write } = await withManifest({ ...early, prompt: 'another prompt' });
  expect(await take()).toEqual({ outcome: 'conflict', ids: ['one'] });
  await write(early);
  expect(await take()).toMatchObject({ outcome: 'accepted', recalled: ['one'] });
});

test('a task that another generation may have is adopted by none that only names it', async () => {
  const { videos: _videos, extras: _extras, filesRemovedAt: _removed, task: _task, ...rest } = row;
  const { desk, take } = await withManifest({ ...rest, state: 'unresolved', videos: [], strays: [{ task: { id: '867283741759222' }, round: 2 }] });
  await take();
  expect(await desk.generation('one')).toMatchObject({ state: 'unresolved', strays: [{ taskKey: '867283741759222' }] });
});

test.each([
  ['downloading', 1, undefined, 1],
  ['rendering', 1, undefined, 1],
  ['failed', 2, 'asset', 2],
  ['failed', 2, 'failed', undefined],
  ['rendering', 2, undefined, undefined],
  ['overdue', 2, undefined, undefined],
  ['canceled', 1, undefined, 1],
] as const)('what was %s in round %i (%s) when its ledger was lost is charged once, with a slot while it may run', async (state, round, kind, billedRound) => {
  const { videos: _videos, extras: _extras, filesRemovedAt: _removed, failure: _failure, ...rest } = row;
  const failure = kind === undefined ? {} : { failure: { kind, message: 'no', retryable: true } };
  const { desk, take } = await withManifest({ ...rest, ...failure, state, round, videos: [] });
  await take();
  const { state: now, bill, billedRound: charged, taskEndedAt } = await desk.generation('one');
  expect([now, bill, charged]).toEqual([state === 'downloading' ? 'rendering' : state, '350000|USD|price|kling-v2-6', billedRound]);
  expect(taskEndedAt, 'nobody waits for what is canceled').toBe(state === 'canceled' ? Date.parse(at(9)) : undefined);
  expect(await countIn(desk.store, (keys) => keys.slots('kling@http://127.0.0.1:1'))).toBe(state === 'failed' || state === 'canceled' ? 0 : 1);
});

test('a task that another row has for its own is not read back as a stray, which would let a person give it to the wrong prompt', async () => {
  const { videos: _videos, extras: _extras, filesRemovedAt: _removed, task, failure: _failure, ...rest } = row;
  const asks = { ...rest, state: 'unresolved' as const, videos: [], strays: [{ task: task ?? { id: '' }, round: 2 }] };
  const { desk, take } = await withManifest(asks, { ...row, id: 'two', fingerprint: 'f-two' });
  expect(await take('one', 'two')).toMatchObject({ recalled: ['one', 'two'] });
  expect((await desk.generation('one')).strays).toBeUndefined();
  expect(await resolveGeneration(desk, 'one', { what: 'task', task: task?.id ?? '' })).toMatchObject({ done: false, message: expect.stringContaining('another generation, two') as string });
});

test('what the ledger knows is not brought to a folder that has another prompt under its id, while a line that was changed is only told of', async () => {
  const { desk, take, write } = await withManifest(row);
  await take();
  expect(await take()).toMatchObject({ outcome: 'accepted', known: ['one'] });
  await write({ ...row, fingerprint: 'of another ledger' });
  await expect(take()).rejects.toThrow(/manifest\.jsonl has another prompt under the id one, whose video would get another name\. Name another folder with --out/);
  const { redis, keys } = await shardHolding(desk.store, 'one');
  await redis.hset(keys.generation('one'), { fingerprint: 'of another ledger' });
  expect(await take()).toMatchObject({ outcome: 'conflict', ids: ['one'] });
  await write({ ...row, fingerprint: 'of another ledger' }, { ...row, id: 'two', fingerprint: 'of another ledger' });
  expect(await take('one', 'two'), 'all lines that must be mended are told of at once').toEqual({ outcome: 'conflict', ids: ['two', 'one'] });
});

async function withManifest(...rows: PublicGeneration[]) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-recall-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const manifest = path.join(folder, 'manifest.jsonl');
  const write = (...all: PublicGeneration[]) => writeFile(manifest, all.map((one) => `${JSON.stringify(one)}\n`).join(''));
  await write(...rows);
  const desk = openTestLedger();
  const config = loadConfig({ REDIS_URL: desk.redisUrl, OUT_DIR: folder, DAILIES_DIR: folder }, { root: folder, cwd: folder });
  const session = { config, desk, results: openResults(config) } as unknown as Session;
  const ask = { prompt: 'a harbour', model: 'kling-v2-6', params: { duration: '5' } };
  const request = PROVIDERS.kling.request.parse(ask);
  const itemOf = (id: string, at: number) => {
    const generation = newGeneration(id, { provider: 'kling', account: 'kling@http://127.0.0.1:1', ask, request });
    return { line: at + 1, generation, images: [] };
  };
  return { desk, manifest, write, take: (...ids: string[]) => takeIn(session, { batch: 'films', attended: false, folder, items: (ids.length === 0 ? ['one'] : ids).map(itemOf) }) };
}
