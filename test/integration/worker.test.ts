import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { countsOf, slotsTaken } from '@dailies/queue';
import { tinyMp4 } from '../../apps/worker/src/download/testing/tiny-mp4.ts';
import { PROMPTS, oneOfEach, openRig } from '../support/rig.ts';

test('a prompt of every provider becomes a whole file, with one paid submit each', async () => {
  const rig = await openRig();
  const ids = await rig.enqueue('all', oneOfEach());
  const worker = await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  for (const id of ids) {
    const generation = await rig.generation(id);
    expect(generation, JSON.stringify(generation.failure)).toMatchObject({ state: 'succeeded', attempts: 1, round: 1 });
    const [file] = generation.files ?? [];
    const bytes = await readFile(path.join(rig.folder, 'out', 'all', file?.file ?? ''));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file?.sha256);
  }
  expect(rig.simulator.counts()).toMatchObject({ accepted: 5, refused: 0 });
  for (const name of PROVIDER_NAMES) {
    expect((await countsOf(rig.store, name)).succeeded).toBe(1);
    expect(await slotsTaken(rig.store, rig.config.providers[name].account?.id ?? '')).toBe(0);
  }
  await worker.writeFolder('all');
  const manifest = (await readFile(path.join(rig.folder, 'out', 'all', 'manifest.jsonl'), 'utf8')).trim().split('\n');
  expect(manifest.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(ids);
});

test('a video that another ledger stores under the same name is not taken for the one that was paid for, while after a crash our own is, and is not fetched again', async () => {
  const rig = await openRig();
  const folder = path.join(rig.folder, 'out', 'same');
  const anothers = tinyMp4();
  const ids = await rig.enqueue('same', [{ provider: 'kling', ask: PROMPTS.kling, id: 'fox' }, { provider: 'pika', ask: PROMPTS.pika, id: 'cat' }]);
  const stored: string[] = [];
  await rig.worker({}, (point, id) => {
    if (point === 'submit:recorded' && id === 'fox') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'fox.mp4'), anothers);
    }
    if (point !== 'download:stored') return;
    stored.push(id);
    if (stored.filter((one) => one === id).length === 1) throw new Error('killed');
  });
  await rig.reached(ids, ['succeeded']);
  expect(stored.toSorted()).toEqual(['cat', 'cat', 'fox', 'fox']);
  expect(rig.simulator.requests().filter(({ kind }) => kind === 'asset').map(({ path: asked }) => path.extname(asked)).toSorted()).toEqual(['.jpg', '.mp4', '.mp4']);
  expect(await readFile(path.join(folder, 'fox.mp4'))).toEqual(anothers);
  for (const [id, name] of [['fox', 'fox.0.mp4'], ['cat', 'cat.mp4']] as const) {
    const { files: [file] = [], storing } = await rig.generation(id);
    expect(file?.file).toBe(name);
    expect(storing, 'what was about to be stored is stored').toBeUndefined();
    expect(createHash('sha256').update(await readFile(path.join(folder, name))).digest('hex')).toBe(file?.sha256);
  }
});

test('keys go to the configured origin only, never to the host of the videos', async () => {
  const rig = await openRig();
  const ids = await rig.enqueue('keys', oneOfEach());
  await rig.worker();
  await rig.reached(ids, ['succeeded']);
  const assets = rig.simulator.requests().filter(({ kind }) => kind === 'asset');
  expect(assets.length).toBeGreaterThanOrEqual(5);
  expect(assets.filter(({ authorization }) => authorization)).toEqual([]);
});

test('never more tasks in flight than configured, and in the order of the lines', async () => {
  const rig = await openRig({ durations: { allegro: 120_000 } }, { ALLEGRO_MAX_IN_FLIGHT: '3' });
  const asks = Array.from({ length: 12 }, (_, at) => ({ provider: 'allegro' as const, ask: { prompt: `${PROMPTS.allegro.prompt} number ${at}` } }));
  const ids = await rig.enqueue('order', asks);
  await rig.worker();
  await rig.reached(ids, ['succeeded']);
  const [account] = Object.values(rig.simulator.counts().accounts);
  expect(account?.peakInFlight).toBeLessThanOrEqual(3);
  expect(rig.simulator.ledger().map(({ prompt }) => prompt)).toEqual(asks.map(({ ask }) => ask.prompt));
});

test("the upstream's final word is the failure, with its real reason", async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'task-fails', provider: 'kling', reason: 'Image pixel is invalid' }] });
  const ids = await rig.enqueue('fails', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker();
  await rig.reached(ids, ['failed', 'succeeded']);
  const generation = await rig.generation(ids[0] ?? '');
  expect(generation).toMatchObject({ state: 'failed', failure: { kind: 'upstream', message: 'Image pixel is invalid' } });
  const job = (await rig.queues.get('kling-poll').getFailed())[0];
  expect(job?.failedReason).toBe('Image pixel is invalid');
});
