/** A result of several files: all of them are kept, under names that never change. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Asset } from '@dailies/providers';
import { note, publicGeneration, retryGeneration } from '@dailies/queue';
import { type AssetHost, serve, startAssetHost } from '../../apps/worker/src/download/testing/asset-host.ts';
import { tinyMp4 } from '../../apps/worker/src/download/testing/tiny-mp4.ts';
import { shardHolding } from '../support/ledger.ts';
import { type Rig, openRig } from '../support/rig.ts';

const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.alloc(500, 'cover')]);
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(300, 'thumbnail')]);
const CONTENT: Record<string, Buffer> = {
  '/take-1.mp4': tinyMp4({ durationSeconds: 5 }),
  '/take-2.mp4': tinyMp4({ durationSeconds: 6, width: 720, height: 1280 }),
  '/take-3.mp4': tinyMp4({ durationSeconds: 7 }),
  '/cover.jpg': JPEG,
  '/thumbnail.png': PNG,
};

/** A paid generation that failed by its host, and whose task turns out to have these assets. Answers its id; its download is on its way. */
async function generationWith(rig: Rig, assets: Asset[]): Promise<string> {
  rig.simulator.faults.add({ on: 'asset', what: 'redirect-private', url: 'http://169.254.169.254/' });
  const [id = ''] = await rig.enqueue('many', [{ provider: 'hailuo', ask: { prompt: 'three takes and two pictures' } }]);
  await rig.worker();
  await rig.reached([id], ['failed']);
  // There are no other links than these: a fresh one would bring the simulator's.
  rig.simulator.faults.add({ on: 'poll', what: '500' });
  expect(await note(rig.store, await rig.generation(id), { assets })).toBe(true);
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true })).toMatchObject({ plan: 'fetch', done: true });
  return id;
}

async function openHost(): Promise<AssetHost> {
  const host = await startAssetHost();
  onTestFinished(() => host.close());
  host.answer = (request, response) => serve(request, response, CONTENT[request.url?.split('?', 1)[0] ?? ''] ?? Buffer.alloc(0));
  return host;
}

const sum = (bytes: Buffer | undefined): string => createHash('sha256').update(bytes ?? '').digest('hex');

test('several videos, the cover and the thumbnail are all kept, each whole', async () => {
  const rig = await openRig({}, { DOWNLOAD_RETRY_MS: '5' });
  const host = await openHost();
  const kinds: [Asset['kind'], string][] = [['video', '/take-1.mp4'], ['cover', '/cover.jpg'], ['video', '/take-2.mp4'], ['thumbnail', '/thumbnail.png'], ['video', '/take-3.mp4']];
  const id = await generationWith(rig, kinds.map(([kind, file]) => ({ kind, url: `${host.origin}${file}?signature=secret` })));
  await rig.reached([id], ['succeeded']);

  const names = [`${id}.mp4`, `${id}.1.jpg`, `${id}.2.mp4`, `${id}.3.png`, `${id}.4.mp4`];
  const { files = [] } = await rig.generation(id);
  expect(files.map(({ file, kind, sha256 }) => [file, kind, sha256])).toEqual(kinds.map(([kind, file], at) => [names[at], kind, sum(CONTENT[file])]));
  for (const [at, name] of names.entries()) expect(await readFile(path.join(rig.folder, 'out', 'many', name))).toEqual(CONTENT[kinds[at]?.[1] ?? '']);
  const left = await readdir(path.join(rig.folder, 'out', 'many'));
  expect(left.filter((name) => name.startsWith(id)).toSorted()).toEqual(names.toSorted());
  const { videos } = publicGeneration(await rig.generation(id));
  expect(videos.map(({ file, durationSeconds }) => [file, durationSeconds])).toEqual([[names[0], 5], [names[2], 6], [names[4], 7]]);
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('a cover that fails twice is kept all the same, one that never comes is left out, and no video is fetched twice for it', async () => {
  const rig = await openRig({}, { DOWNLOAD_RETRY_MS: '5' });
  const host = await openHost();
  const good = host.answer;
  let covers = 0;
  host.answer = (request, response, nth) => {
    const isGone = request.url === '/gone.jpg' || (request.url === '/cover.jpg' && (covers += 1) <= 2);
    return isGone ? void response.writeHead(404).end() : good(request, response, nth);
  };
  const id = await generationWith(rig, ['/take-1.mp4', '/cover.jpg', '/gone.jpg'].map((file) => ({ kind: file === '/take-1.mp4' ? 'video' : 'cover', url: host.origin + file })));
  await rig.reached([id], ['succeeded', 'failed']);
  expect((await rig.generation(id)).files?.map(({ file }) => file)).toEqual([`${id}.mp4`, `${id}.1.jpg`]);
  expect(host.requests.filter(({ url }) => url === '/take-1.mp4')).toHaveLength(1);
});

test('a delivery whose generation has moved on while it fetched puts no file there, which would have the name of that of a new round', async () => {
  const rig = await openRig({}, { DOWNLOAD_RETRY_MS: '5' });
  const host = await openHost();
  const good = host.answer;
  let hasMoved = false;
  host.answer = async (request, response, nth) => {
    const { redis, keys } = await shardHolding(rig.store, 'many-0');
    await redis.hincrby(keys.generation('many-0'), 'seq', 1);
    hasMoved = true;
    await good(request, response, nth);
  };
  await generationWith(rig, [{ kind: 'video', url: `${host.origin}/take-1.mp4` }]);
  await expect.poll(() => hasMoved).toBe(true);
  // It has a part until the delivery ends.
  const files = async (): Promise<string[]> => (await readdir(path.join(rig.folder, 'out', 'many'))).filter((name) => name.startsWith('many-0.'));
  await expect.poll(files).toEqual([]);
});

test('the copy with a watermark that was asked for is kept beside the video', async () => {
  const rig = await openRig();
  const params = { watermark_info: { enabled: true } };
  const ids = await rig.enqueue('marked', [{ provider: 'kling', ask: { prompt: 'a dog', params } }, { provider: 'kling', ask: { prompt: 'a cat', model: 'kling-3.0-turbo', params } }]);
  await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  for (const id of ids) {
    const { files = [] } = await rig.generation(id);
    expect(files.map(({ file, kind }) => [file, kind])).toEqual([[`${id}.mp4`, 'video'], [`${id}.1.mp4`, 'other']]);
    const shown = publicGeneration(await rig.generation(id));
    expect(shown.videos).toHaveLength(1);
    expect(shown.extras).toMatchObject([{ kind: 'other', file: `${id}.1.mp4` }]);
  }
});

test('what else there is of one takes no name that is the video of another, whichever of them comes first, and whatever shard it is in', async () => {
  const rig = await openRig({}, { SHARDS: '4' });
  const marked = { provider: 'kling' as const, ask: { prompt: 'a dog', params: { watermark_info: { enabled: true } } } };
  const plain = { provider: 'hailuo' as const, ask: { prompt: 'a cat' } };
  await rig.worker();
  const both = await rig.enqueue('shots', [{ ...marked, id: 'shot' }, { ...plain, id: 'shot.1' }, { ...marked, id: 'take' }]);
  await rig.reached(both, ['succeeded', 'failed']);
  await rig.reached(await rig.enqueue('shots', [{ ...plain, id: 'take.1' }]), ['succeeded', 'failed']);
  const filesOf = async (id: string): Promise<string[]> => (await rig.generation(id)).files?.map(({ file }) => file) ?? [];
  expect([await filesOf('shot'), await filesOf('shot.1')]).toEqual([['shot.mp4', 'shot.2.mp4'], ['shot.1.mp4']]);
  expect([await filesOf('take'), await filesOf('take.1')]).toEqual([['take.mp4', 'take.1.mp4'], ['take.1.0.mp4']]);
});
