/** Everything that goes wrong with the host of the videos, through the whole worker: what becomes of the generation, its link, its task, its money. */
import { createHash } from 'node:crypto';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Fault } from '@dailies/simulator';
import { type Generation, publicGeneration, retryGeneration } from '@dailies/queue';
import { shardHolding } from '../support/ledger.ts';
import { type Rig, openRig } from '../support/rig.ts';

type Case = Omit<Fault, 'on' | 'match'>;

const PACE = { DOWNLOAD_RETRY_MS: '5' };

/** One generation for each, whose video goes wrong in this way. Answers their ids, in the order of the cases. */
async function enqueueCases(rig: Rig, cases: readonly Case[]): Promise<string[]> {
  // Luma would take twice the requests, for its thumbnail; Hailuo has a video only.
  const asks = cases.map((_, at) => ({ provider: 'hailuo' as const, ask: { prompt: `case ${String(at).padStart(2, '0')} of the bad hosts` } }));
  rig.simulator.faults.add(...cases.map((fault, at): Fault => ({ on: 'asset', match: `case ${String(at).padStart(2, '0')}`, ...fault })));
  return rig.enqueue('bad', asks);
}

async function files(rig: Rig): Promise<string[]> {
  const names = await readdir(path.join(rig.folder, 'out', 'bad'));
  return names.filter((name) => name.endsWith('.mp4') || name.endsWith('.part') || name.endsWith('.probe')).toSorted();
}

test('what a host gets wrong twice is mended by itself: by going on, by trying again, by a fresh link', async () => {
  const kinds = ['cut', 'stall', 'wrong-length', 'truncated-mp4', 'empty', 'html', '404', '403-expired', '500', '503', 'reset', 'silence', 'redirect', 'redirect-loop'];
  // Only here: on a busy machine a good host falls silent for as long, and is asked once more.
  const rig = await openRig({}, { ...PACE, DOWNLOAD_STALL_MS: '300' });
  const ids = await enqueueCases(rig, kinds.map((what) => ({ what, times: what === 'redirect-loop' ? 6 : 2 })));
  await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  for (const [at, id] of ids.entries()) {
    const { state, files: stored, failure, attempts } = await rig.generation(id);
    expect({ kind: kinds[at], state, failure, attempts }).toEqual({ kind: kinds[at], state: 'succeeded', failure: undefined, attempts: 1 });
    const bytes = await readFile(path.join(rig.folder, 'out', 'bad', `${id}.mp4`));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(stored?.[0]?.sha256);
  }
  expect(await files(rig)).toEqual(ids.map((id) => `${id}.mp4`).toSorted());
  expect(rig.simulator.counts()).toMatchObject({ accepted: kinds.length, refused: 0 });
});

test('a link that has expired brings a fresh one by one more poll, and never a submit', async () => {
  const rig = await openRig({}, PACE);
  const [id = ''] = await enqueueCases(rig, [{ what: '403-expired', times: 1 }]);
  const tries: Promise<Generation>[] = [];
  await rig.worker({}, (point) => void (point === 'download:fetched' && tries.push(rig.generation(id))));
  await rig.reached([id], ['succeeded', 'failed']);
  const [, again] = await Promise.all(tries);
  expect(again && publicGeneration(again).held, 'said before the second try').toContain('expired');
  const kinds = rig.simulator.requests().map(({ kind, status }) => `${kind} ${status}`);
  expect(kinds.slice(kinds.indexOf('asset 403'))).toEqual(['asset 403', 'poll 200', 'asset 200']);
});

test('what cannot be fetched fails as `asset` with link and task kept, and a retry fetches only', async () => {
  const hopeless: [fault: Case, code: string][] = [
    [{ what: 'html' }, 'not-a-video'],
    [{ what: 'empty' }, 'not-a-video'],
    [{ what: 'truncated-mp4' }, 'not-a-video'],
    [{ what: '403-expired' }, 'expired'],
    [{ what: '404' }, 'expired'],
    [{ what: 'redirect-loop' }, 'refused'],
    [{ what: 'redirect-private', url: 'http://169.254.169.254/latest/meta-data?token=secret' }, 'refused'],
  ];
  const rig = await openRig({}, PACE);
  const ids = await enqueueCases(rig, hopeless.map(([fault]) => fault));
  await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  for (const [at, id] of ids.entries()) {
    const generation = await rig.generation(id);
    expect(generation).toMatchObject({ state: 'failed', failure: { kind: 'asset', code: hopeless[at]?.[1], retryable: true }, attempts: 1 });
    expect(generation.failure?.message).toContain('A retry fetches it again and pays nothing');
    expect(JSON.stringify([generation.failure, generation.history])).not.toMatch(/Signature|Expires|secret/);
    expect([generation.task, generation.assets?.length]).toEqual([expect.anything(), 1]);
  }
  expect(await files(rig)).toEqual([]);

  rig.simulator.faults.clear();
  for (const id of ids) expect(await retryGeneration(rig, id, { mayPay: false, byId: true })).toMatchObject({ plan: 'fetch', done: true });
  await rig.reached(ids, ['succeeded']);
  expect(await files(rig)).toEqual(ids.map((id) => `${id}.mp4`).toSorted());
  expect(rig.simulator.counts()).toMatchObject({ accepted: ids.length, refused: 0 });
});

test('a host that is away or busy is waited for, however often it was tried: for a day', async () => {
  const rig = await openRig({}, PACE);
  // Each fetch tries four times.
  const [busy = '', reset = '', dead = ''] = await enqueueCases(rig, [{ what: '503', times: 8 }, { what: 'reset', times: 8 }, { what: '500' }]);
  for (const id of [busy, reset, dead]) await rig.redis.hset((await shardHolding(rig.store, id)).keys.generation(id), { fetches: 9 });
  await rig.redis.hset((await shardHolding(rig.store, dead)).keys.generation(dead), { waitedMs: 25 * 3_600_000 });
  await rig.worker();
  await expect.poll(async () => publicGeneration(await rig.generation(busy)).held).toContain('answered with HTTP 503');
  await rig.reached([busy, reset, dead], ['succeeded', 'failed']);
  for (const id of [busy, reset]) {
    const generation = await rig.generation(id);
    expect(generation).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(generation).not.toHaveProperty('waitedMs');
    expect(publicGeneration(generation).held).toBeUndefined();
  }
  const given = await rig.generation(dead);
  expect(given).toMatchObject({ state: 'failed', failure: { kind: 'asset', code: 'interrupted', retryable: true } });
  // A retry has its own day.
  expect(given).not.toHaveProperty('waitedMs');
  expect(rig.simulator.counts()).toMatchObject({ accepted: 3, refused: 0 });
});

test('time in which no worker ran does not count for a host that is away: the first try after a weekend is not the last', async () => {
  const rig = await openRig({}, PACE);
  const [id = ''] = await enqueueCases(rig, [{ what: '503' }]);
  const { redis, keys } = await shardHolding(rig.store, id);
  await redis.hset(keys.generation(id), { waitedMs: 20_000, triedAt: Date.now() - 3 * 24 * 3_600_000 });
  await rig.worker();
  await rig.reached([id], ['downloading']);
  await expect.poll(async () => (await rig.generation(id)).waitedMs).toBe(3_620_000);
  expect((await rig.generation(id)).state).toBe('downloading');
});

test('a link that has expired fails nothing while the upstream cannot be asked for a fresh one', async () => {
  const rig = await openRig({}, PACE);
  const [id = ''] = await enqueueCases(rig, [{ what: '403-expired', times: 2 }]);
  const { redis, keys } = await shardHolding(rig.store, id);
  await redis.hset(keys.generation(id), { fetches: 9 });
  let isDown = false;
  await rig.worker({}, (point) => {
    if (point !== 'download:fetched' || isDown) return;
    isDown = true;
    rig.simulator.faults.add({ on: 'poll', what: '503', times: 2 });
  });
  await rig.reached([id], ['succeeded', 'failed']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
  expect(rig.simulator.requests({ kind: 'asset' }).map(({ status }) => status)).toEqual([403, 403, 200]);
});

test('what a worker without its key cannot have a fresh link for waits for one that has it', async () => {
  const rig = await openRig({}, PACE);
  const [id = ''] = await rig.enqueue('bad', [{ provider: 'hailuo', ask: { prompt: 'a boat without a key' } }]);
  const first = await rig.worker();
  await rig.reached([id], ['succeeded']);
  await first.stop(5_000);
  await rm(path.join(rig.folder, 'out', 'bad', `${id}.mp4`));
  const { redis, keys } = await shardHolding(rig.store, id);
  await redis.hset(keys.generation(id), { fetches: 9 });
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: async () => false })).toMatchObject({ done: true });

  const without = await rig.worker({ ACEDATA_API_KEY: '' });
  await expect.poll(async () => (await rig.generation(id)).held).toBe('origin');
  await without.stop(5_000);
  await rig.worker();
  await rig.reached([id], ['succeeded', 'failed']);
  expect((await rig.generation(id)).state).toBe('succeeded');
  expect(await files(rig)).toEqual([`${id}.mp4`]);
});

test('what stands there whole after all is fetched from nobody, also when the upstream has forgotten it, and a picture that is gone takes no video with it', async () => {
  const rig = await openRig({}, PACE);
  const [id = ''] = await rig.enqueue('bad', [{ provider: 'luma', ask: { prompt: 'a disk that was not mounted' } }]);
  const first = await rig.worker();
  await rig.reached([id], ['succeeded']);
  await first.stop(5_000);
  const before = await rig.generation(id);
  const [video = '', picture = ''] = (before.files ?? []).map(({ file }) => path.join(rig.folder, 'out', 'bad', file));
  const fetched = rig.simulator.requests({ kind: 'asset' }).length;
  rig.simulator.faults.add({ on: 'poll', what: 'missing' });
  // A machine that does not have that disk finds nothing.
  await rename(video, `${video}.elsewhere`);
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: async () => false })).toMatchObject({ done: true });
  await rename(`${video}.elsewhere`, video);

  const second = await rig.worker();
  await rig.reached([id], ['succeeded', 'failed']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', files: before.files });
  await second.stop(5_000);
  await rm(picture);
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: async () => false })).toMatchObject({ done: true });
  await rig.worker();
  await rig.reached([id], ['succeeded', 'failed']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', files: before.files?.slice(0, 1) });
  expect(rig.simulator.requests({ kind: 'asset' })).toHaveLength(fetched);
});

test('a file larger than MAX_DOWNLOAD_BYTES is refused at once, and fetched by a retry once more is allowed', async () => {
  const rig = await openRig({}, { ...PACE, MAX_DOWNLOAD_BYTES: '1000' });
  const [id = ''] = await rig.enqueue('bad', [{ provider: 'hailuo', ask: { prompt: 'a large file' } }]);
  const strict = await rig.worker();
  await rig.reached([id], ['succeeded', 'failed']);
  expect(await rig.generation(id)).toMatchObject({ state: 'failed', failure: { kind: 'asset', code: 'too-large', message: expect.stringContaining('larger than 1000 bytes') as unknown } });
  expect(rig.simulator.requests({ kind: 'asset' })).toHaveLength(1);
  expect(await files(rig)).toEqual([]);
  await strict.stop(5_000);
  await retryGeneration(rig, id, { mayPay: false, byId: true });
  await rig.worker({ MAX_DOWNLOAD_BYTES: '' });
  await rig.reached([id], ['succeeded']);
  expect(rig.simulator.counts().accepted).toBe(1);
});
