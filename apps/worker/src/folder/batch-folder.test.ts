import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLog, transition } from '@dailies/queue';
import { openResults } from '@dailies/results';
import { expect, onTestFinished, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createBatchFolders } from './batch-folder.ts';
import { folderNames } from './folder-of.ts';
import { createKeptPages } from './kept-pages.ts';
import { writeFolder } from './write-folder.ts';

test('what ends while a worker that has started goes through all folders that ever were does not wait for the rest of them', async () => {
  const ledger = openTestLedger();
  const outFolder = await mkdtemp(path.join(os.tmpdir(), 'dailies-folders-'));
  onTestFinished(() => rm(outFolder, { recursive: true, force: true }));
  const batches = Array.from({ length: 8 }, (_, at) => `b${at}`);
  for (const batch of batches) await accept(ledger.store, batch, [newGeneration(`${batch}.g`)]);
  const last = (await folderNames(ledger.store)).at(-1) ?? '';
  // Each folder takes a whole turn, and before the first one is written a generation of the last ends.
  let ticks = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ticks);
  onTestFinished(() => clock.mockRestore());
  const stop = new AbortController();
  const results = openResults({ outFolder, s3: null, stopping: stop.signal });
  const written: string[] = [];
  let ended: Promise<unknown> | undefined;
  const prepare = async (place: string): Promise<void> => {
    ticks += 60_000;
    if (!written.includes(path.basename(place))) written.push(path.basename(place));
    ended ??= ledger.generation(`${last}.g`).then((one) => transition(ledger.store, one, { from: ['queued'], to: 'canceled', by: '1.p' }));
    await ended;
    await results.store.prepare(place);
    if (written.length === batches.length) stop.abort();
  };
  const context = {
    store: ledger.store, log: createLog({ level: 'silent', name: 'test' }), config: { providers: {} }, stopping: stop.signal, at: () => undefined,
    results: { ...results, at: () => ({ ...results.store, prepare }) },
  } as unknown as WorkerContext;
  const events = ledger.connect();
  onTestFinished(() => events.disconnect());
  await createBatchFolders(context, events).run();
  expect([written.toSorted(), written.indexOf(last)]).toEqual([batches, 1]);
});

test('rows that the ledger does not know count for how long a folder is left alone: they are written as often as its own', async () => {
  const ledger = openTestLedger();
  const outFolder = await mkdtemp(path.join(os.tmpdir(), 'dailies-folders-'));
  onTestFinished(() => rm(outFolder, { recursive: true, force: true }));
  await accept(ledger.store, 'films', [newGeneration('g')]);
  await mkdir(path.join(outFolder, 'films'));
  const rows = ['a', 'b', 'c'].map((id) => `${JSON.stringify({ id, state: 'failed', provider: 'kling', params: {}, videos: [], history: [] })}\n`);
  await writeFile(path.join(outFolder, 'films', 'manifest.jsonl'), rows.join(''));
  const context = {
    store: ledger.store, log: createLog({ level: 'silent', name: 'test' }), config: { providers: {} }, at: () => undefined,
    results: openResults({ outFolder, s3: null }),
  } as unknown as WorkerContext;
  expect(await writeFolder(context, createKeptPages(context), 'films')).toBe(3);
});
