import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monthOf, type Generation } from '@dailies/queue';
import { openResults, type Results } from '@dailies/results';
import { expect, onTestFinished, test } from 'vitest';
import type { WorkerContext } from '../context.ts';
import { rememberedFiles } from './remembered-files.ts';

test('many restored generations of a folder read its manifest once, but not one that could not be read', async () => {
  const outFolder = await mkdtemp(path.join(os.tmpdir(), 'dailies-remembered-'));
  onTestFinished(() => rm(outFolder, { recursive: true }));
  const folder = path.join(outFolder, '_single', monthOf(1));
  await mkdir(folder, { recursive: true });
  const ids = ['g1', 'g2', 'g3'];
  const sha256 = createHash('sha256').update('film').digest('hex');
  const rows = ids.map((id) => ({ id, state: 'succeeded', provider: 'kling', round: 1, task: { id: `task-${id}` }, params: {}, history: [], videos: [{ file: `${id}.mp4`, sha256, bytes: 4 }] }));
  await mkdir(path.join(folder, 'manifest.jsonl'));
  for (const id of ids) await writeFile(path.join(folder, `${id}.mp4`), 'film');
  const opened = openResults({ outFolder, s3: null });
  const { store } = opened;
  let reads = 0;
  const read: typeof store.read = async (...place) => {
    reads += 1;
    return store.read(...place);
  };
  const results: Results = { ...opened, at: () => ({ ...store, read }) };
  const context = { results } as unknown as WorkerContext;
  const look = (id: string): ReturnType<typeof rememberedFiles> =>
    rememberedFiles(context, { id, provider: 'kling', round: 1, taskKey: `task-${id}`, restored: true, batch: null, createdAt: 1 } as unknown as Generation);

  await expect(look('g1')).rejects.toThrow('manifest.jsonl');
  await rm(path.join(folder, 'manifest.jsonl'), { recursive: true });
  await writeFile(path.join(folder, 'manifest.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const found = await Promise.all(ids.map(look));
  expect(found.map((files) => files.map(({ file }) => file))).toEqual(ids.map((id) => [`${id}.mp4`]));
  expect(await look('unknown')).toEqual([]);
  expect(reads).toBe(2);
});
