import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@dailies/queue';
import { openFolderStore, type Results } from '@dailies/results';
import { expect, onTestFinished, test } from 'vitest';
import { createKeptPages } from './kept-pages.ts';

test("a folder with a page of a person's own is to be written again when that was moved away, and not before", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dailies-kept-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kept = createKeptPages({ results: { at: openFolderStore } as unknown as Results, log: createLog({ level: 'silent', name: 'test' }) }, 0);
  for (const name of ['index.html', 'manifest.jsonl']) await writeFile(join(folder, name), 'mine');
  expect(await kept.find('films', folder)).toEqual(['index.html', 'manifest.jsonl']);
  expect(await kept.changed()).toEqual([]);
  await rm(join(folder, 'manifest.jsonl'));
  expect(await kept.changed()).toEqual(['films']);
  expect(await kept.find('films', folder)).toEqual(['index.html']);
  await rm(join(folder, 'index.html'));
  expect([await kept.changed(), await kept.find('films', folder), await kept.changed()]).toEqual([['films'], [], []]);
});

test('lines that stay in a manifest though they are no rows are news once, and again only beside others', () => {
  const kept = createKeptPages({ results: { at: openFolderStore } as unknown as Results, log: createLog({ level: 'silent', name: 'test' }) });
  const [one, other] = [{ line: '{"id":"one","sta' }, { line: 'hello' }];
  expect([[], [one], [one], [one, other], [one, other]].map((lines) => kept.isNews('films', lines))).toEqual([false, true, false, true, false]);
});
