/** Single generations: their files, manifests and contact sheet are in the folder of their month. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PROVIDERS } from '@dailies/providers';
import { createGenerations, handOver, monthOf, readGenerations } from '@dailies/queue';
import { openRig, PROMPTS } from '../support/rig.ts';

test('what was asked for singly is in the folder of its month, with manifest, CSV and contact sheet, and no batch is in it', async () => {
  const rig = await openRig();
  const account = rig.config.providers.luma.account?.id ?? '';
  const ask = PROMPTS.luma;
  const items = ['one', 'two'].map((id) => ({ id, provider: 'luma' as const, account, ask, request: PROVIDERS.luma.request.parse(ask), fingerprint: id, priority: 1, metadata: null }));
  await createGenerations(rig.store, { batch: null, lane: 'key', attended: false, items });
  await handOver(rig.store, rig.queues, (await readGenerations(rig.store, ['one', 'two'])).filter((each) => each !== null));
  const [other = ''] = await rig.enqueue('batch', [{ provider: 'pika', ask: PROMPTS.pika }]);
  const worker = await rig.worker();
  await rig.reached(['one', 'two', other], ['succeeded']);
  const month = monthOf((await rig.generation('one')).createdAt);

  await worker.writeFolder(`_single/${month}`);

  const folder = path.join(rig.folder, 'out', '_single', month);
  expect((await readdir(folder)).filter((name) => !name.endsWith('.jpg')).toSorted()).toEqual(['index.html', 'manifest.csv', 'manifest.jsonl', 'one.mp4', 'two.mp4']);
  const lines = (await readFile(path.join(folder, 'manifest.csv'), 'utf8')).trimEnd().split('\r\n');
  expect(lines.map((line) => line.split(',', 3).join())).toEqual(['id,state,provider', 'one,succeeded,luma', 'two,succeeded,luma']);
  expect(await readFile(path.join(folder, 'index.html'), 'utf8')).toContain(`<h1>_single/${month}</h1>`);
});

test('a worker that starts writes the folder of singles that ended while nobody was writing', async () => {
  const rig = await openRig();
  const item = { id: 'one', provider: 'luma' as const, account: rig.config.providers.luma.account?.id ?? '', ask: PROMPTS.luma, request: PROVIDERS.luma.request.parse(PROMPTS.luma), fingerprint: 'one', priority: 1, metadata: null };
  const failure = { kind: 'moderated', message: 'No.', retryable: false };
  await createGenerations(rig.store, { batch: null, lane: 'key', attended: false, items: [{ ...item, earlier: { state: 'failed', patch: { failure }, history: [] } }] });
  const sheet = path.join(rig.folder, 'out', '_single', monthOf((await rig.generation('one')).createdAt), 'index.html');

  await rig.worker();

  await expect.poll(() => readFile(sheet, 'utf8').catch(() => '')).toContain('"id":"one"');
});
