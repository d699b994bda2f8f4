import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLog, EVENTS_AT_ONCE, transition } from '@dailies/queue';
import { openResults, StoreError } from '@dailies/results';
import { expect, onTestFinished, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createBatchFolders } from './batch-folder.ts';
import { folderNames } from './folder-of.ts';
import { createKeptPages } from './kept-pages.ts';
import { writeFolder } from './write-folder.ts';

test('what ends while a worker that has started goes through all folders that ever were does not wait for the rest of them', async () => {
  const { ledger, folders, stop, each } = await openFolders(8);
  const last = (await folderNames(ledger.store)).at(-1) ?? '';
  // Each folder takes a whole turn, and before the first one is written a generation of the last ends.
  let ticks = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ticks);
  onTestFinished(() => clock.mockRestore());
  const written = new Set<string>();
  each.before = async (name) => {
    ticks += 60_000;
    if (written.size === 0) await endOne(ledger, last);
    written.add(name);
    if (written.size === 8) stop.abort();
  };
  await folders.run();
  expect([[...written].toSorted(), [...written].indexOf(last)]).toEqual([await folderNames(ledger.store).then((names) => names.toSorted()), 1]);
});

test('what ends while many folders are written again is known before the stream of events is trimmed', async () => {
  const { ledger, folders, stop, each } = await openFolders(4);
  const names = await folderNames(ledger.store);
  const written: string[] = [];
  each.before = async (name) => {
    written.push(name);
    // After all were written once, they are to be written again.
    if (written.length === 4) for (const one of names) folders.touch(one);
    if (written.length === 6) {
      // More happens in the time of one folder than one read answers.
      await crowd(ledger);
      await endOne(ledger, written[4] ?? '');
    }
    if (written.length === 7) await Promise.all(ledger.store.shards.map(({ redis, keys }) => redis.xtrim(keys.events, 'MAXLEN', 0)));
    if (written.length === 8) stop.abort();
  };
  await folders.run();
  await folders.finish(Date.now() + 10_000);
  expect(written.slice(8)).toEqual([written[4]]);
});

test('after more events than the stream keeps, as behind a huge folder, every folder is written once more, and the huge one when it has rested', async () => {
  const { ledger, folders, stop, each, outFolder } = await openFolders(2);
  const [first = '', huge = ''] = await folderNames(ledger.store);
  await mkdir(path.join(outFolder, huge));
  await writeFile(path.join(outFolder, huge, 'manifest.jsonl'), rowsOf(Array.from({ length: 8_000 }, (_, at) => `g${at}`)));
  let slow = 0;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(performance.timeOrigin + performance.now()) + slow);
  onTestFinished(() => clock.mockRestore());
  const written: string[] = [];
  each.before = async (name) => {
    written.push(name);
    if (written.length === 2) {
      slow = 10_000;
      await endOne(ledger, first);
      await crowd(ledger);
      await Promise.all(ledger.store.shards.map(({ redis, keys }) => redis.xtrim(keys.events, 'MAXLEN', EVENTS_AT_ONCE)));
    }
    if (written.length === 3) folders.touch(first);
    if (written.length === 4) stop.abort();
  };
  await crowd(ledger);
  await folders.run();
  expect(written).toEqual([first, huge, first, first]);
});

test('of a bucket that is away the log tells once, and not for each folder that ever was, and then of the folder that still cannot be written', async () => {
  const { folders, stop, each, log } = await openFolders(3);
  const told: unknown[] = [];
  vi.spyOn(log, 'warn').mockImplementation((fields) => void told.push((fields as { batch: string }).batch));
  const asked: string[] = [];
  each.before = async (name) => {
    asked.push(name);
    if (asked.length === 7) folders.touch(asked[0] ?? '');
    if (asked.length === 8) stop.abort();
    // At first all, then the last one only, then none; and later on another time.
    if (asked.length <= 3 || (asked.length <= 6 && name === asked[2]) || asked.length === 8) throw new StoreError('unavailable', 'The bucket films is away.');
  };
  await folders.run();
  expect(told).toEqual([asked[0], asked[2], asked[0]]);
});

test('rows that the ledger does not know count for how long a folder is left alone: they are written as often as its own', async () => {
  const ledger = openTestLedger();
  const outFolder = await mkdtemp(path.join(os.tmpdir(), 'dailies-folders-'));
  onTestFinished(() => rm(outFolder, { recursive: true, force: true }));
  await accept(ledger.store, 'films', [newGeneration('g')]);
  await mkdir(path.join(outFolder, 'films'));
  await writeFile(path.join(outFolder, 'films', 'manifest.jsonl'), rowsOf(['a', 'b', 'c']));
  const context = {
    store: ledger.store, log: createLog({ level: 'silent', name: 'test' }), config: { providers: {} }, at: () => undefined,
    results: openResults({ outFolder, s3: null }),
  } as unknown as WorkerContext;
  expect(await writeFolder(context, createKeptPages(context), 'films')).toBe(3);
});

/** Of so many batches with one generation each. `each.before` is called before the pages of a folder are written. */
async function openFolders(count: number) {
  const ledger = openTestLedger();
  const outFolder = await mkdtemp(path.join(os.tmpdir(), 'dailies-folders-'));
  onTestFinished(() => rm(outFolder, { recursive: true, force: true }));
  for (let at = 0; at < count; at += 1) await accept(ledger.store, `b${at}`, [newGeneration(`b${at}.g`)]);
  const stop = new AbortController();
  const results = openResults({ outFolder, s3: null, stopping: stop.signal });
  const each = { before: (_name: string): Promise<void> => Promise.resolve() };
  const prepare = async (place: string): Promise<void> => {
    await each.before(path.basename(place));
    await results.store.prepare(place);
  };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = {
    store: ledger.store, log, config: { providers: {} }, stopping: stop.signal, at: () => undefined,
    results: { ...results, at: () => ({ ...results.store, prepare }) },
  } as unknown as WorkerContext;
  const events = ledger.connect();
  onTestFinished(() => events.disconnect());
  return { ledger, folders: createBatchFolders(context, events), stop, each, log, outFolder };
}

async function endOne({ store, generation }: TestLedger, batch: string): Promise<void> {
  await transition(store, await generation(`${batch}.g`), { from: ['queued'], to: 'canceled', by: '1.p' });
}

function rowsOf(ids: readonly string[]): string {
  return ids.map((id) => `${JSON.stringify({ id, state: 'failed', provider: 'kling', params: {}, videos: [], history: [] })}\n`).join('');
}

/** As many events as one read answers, of which no folder has to be written. */
async function crowd({ store }: TestLedger): Promise<void> {
  const fields = Object.entries({ id: 'b0.g', from: 'queued', to: 'submitting', round: '1', provider: 'allegro', batch: 'b0', note: '' }).flat();
  for (const { redis, keys } of store.shards) {
    const pipeline = redis.pipeline();
    for (let at = 0; at < EVENTS_AT_ONCE; at += 1) pipeline.xadd(keys.events, '*', ...fields);
    await pipeline.exec();
  }
}
