/** A row of a manifest is only ever replaced by a newer one of the same generation. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { retryGeneration } from '@dailies/queue';
import { openRig, PROMPTS } from '../support/rig.ts';

test('what is tried again keeps its row, in its place, while it is on its way', async () => {
  const rig = await openRig();
  const ids = await rig.enqueue('batch', [{ provider: 'luma', ask: PROMPTS.luma }, { provider: 'pika', ask: PROMPTS.pika }]);
  const worker = await rig.worker();
  await rig.reached(ids, ['succeeded']);
  await worker.writeFolder('batch');
  const manifest = (): Promise<string> => readFile(path.join(rig.folder, 'out', 'batch', 'manifest.jsonl'), 'utf8');
  const before = await manifest();
  await worker.stop(5_000);

  await retryGeneration(rig, ids[0] ?? '', { mayPay: false, byId: true, verify: async () => false });
  // It has no key of that account: what is to be fetched again waits.
  const idle = await rig.worker({ ACEDATA_API_KEY: '' });
  await idle.writeFolder('batch');

  expect((await rig.generation(ids[0] ?? '')).state).toBe('downloading');
  expect(await manifest()).toBe(before);
  expect(before.trimEnd().split('\n')).toHaveLength(2);
});
