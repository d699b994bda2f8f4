/** The sweep by itself: what it takes up, what it leaves alone, and where its next pass goes on. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PROVIDER_NAMES } from '@dailies/providers';
import { createLog, shardOf, type Store, transition } from '@dailies/queue';
import { Queue } from 'bullmq';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createSweep } from './sweep.ts';

const DAY = 24 * 3_600_000;

test('what has rested without a job gets one, page after page, and by the clock of Redis nothing that has just changed', async () => {
  const ledger = openTestLedger();
  const rested = Array.from({ length: 600 }, (_, at) => `g${at}`);
  await accept(ledger.store, 'b', [...rested, 'young'].map((id) => newGeneration(id)));
  const { store, sweep } = sweepOf(ledger);
  await store.redis.zadd(store.keys.live, ...rested.flatMap((id) => [Date.now() - 31_000, id]));
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + DAY);
  try {
    for (let pass = 0; pass < 3; pass += 1) await sweep.pass();
  } finally {
    clock.mockRestore();
  }
  const seqs = await store.redis.pipeline(rested.map((id) => ['hget', store.keys.generation(id), 'seq'])).exec();
  expect(seqs?.filter(([, seq]) => seq === '2')).toHaveLength(rested.length);
  expect((await ledger.generation('young')).seq).toBe(1);
});

test('hundreds of slots that are kept hide none that can be freed, wherever it stands among them', async () => {
  const ledger = openTestLedger();
  const { store, sweep } = sweepOf(ledger);
  const kept = Array.from({ length: 1_000 }, (_, at) => `k${at}`);
  await store.redis.pipeline(kept.map((id) => ['hset', store.keys.generation(id), 'state', 'overdue'])).exec();
  // The first page of 500 frees its first, so the next page begins one earlier: at `next`.
  const slots = [[1, 'gone'], ...kept.slice(0, 499).map((id) => [2, id]), [3, 'next'], ...kept.slice(499).map((id) => [4, id]), [5, 'last']];
  await store.redis.zadd(store.keys.slots(ACCOUNT), ...slots.flat());
  const left = async (): Promise<string[]> => (await store.redis.zrange(store.keys.slots(ACCOUNT), '0', '-1')).filter((id) => !id.startsWith('k'));
  await sweep.pass();
  expect(await left()).toEqual(['next', 'last']);
  await sweep.pass();
  expect(await left()).toEqual(['last']);
  await sweep.pass();
  expect(await left()).toEqual([]);
});

test('a sweep whose turn another worker has taken does nothing, and one that took too long leaves the turn of the next', async () => {
  const { store, sweep, dropUnfinished } = sweepOf(openTestLedger());
  await store.redis.set(store.keys.sweepLock, 'another');
  await sweep.pass();
  expect(dropUnfinished).not.toHaveBeenCalled();
  await store.redis.del(store.keys.sweepLock);
  dropUnfinished.mockImplementation(async () => {
    await store.redis.set(store.keys.sweepLock, 'another');
    return 0;
  });
  await sweep.pass();
  expect(dropUnfinished).toHaveBeenCalledTimes(1);
  expect(await store.redis.get(store.keys.sweepLock)).toBe('another');
});

test('uploads of a day ago are ended once for all shards: there is one bucket', async () => {
  const ledger = openTestLedger(undefined, 2);
  for (const account of ['kling@http://127.0.0.1:1', ACCOUNT]) {
    const { store, sweep, dropUnfinished } = sweepOf(ledger, { account });
    await sweep.pass();
    expect(dropUnfinished).toHaveBeenCalledTimes(store.number === 0 ? 1 : 0);
    for (const [before] of dropUnfinished.mock.calls) expect(before).toBeLessThanOrEqual(Date.now() - DAY);
  }
});

test.each([[0, undefined], [30, true]])('with a retention of %i days what ended long ago is a stub: %s', async (days, stub) => {
  const clean = vi.spyOn(Queue.prototype, 'clean').mockResolvedValue([]);
  onTestFinished(() => clean.mockRestore());
  const ledger = openTestLedger();
  const more = Array.from({ length: 500 }, (__, at) => `more${at}`);
  await accept(ledger.store, 'b', ['g1', ...more].map((id) => newGeneration(id)));
  const { store, sweep } = sweepOf(ledger, { days });
  await transition(store, await ledger.generation('g1'), { from: ['queued'], to: 'canceled', by: 'p' });
  await store.redis.pipeline(more.map((id) => ['hset', store.keys.generation(id), 'state', 'canceled'])).exec();
  await store.redis.zadd(store.keys.ended, ...[...more, 'g1'].flatMap((id, at) => [at, id]));
  const ticks = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => ticks.mockRestore());
  await sweep.pass();
  expect((await ledger.generation('g1')).stub).toBe(stub);
  expect(new Set(clean.mock.calls.map(([ms]) => ms))).toEqual(new Set(days === 0 ? [] : [days * DAY]));
});

test('an intake that was never sealed is taken away, and a task id that a stopped worker left in a file is taken in', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const stateFolder = await mkdtemp(path.join(os.tmpdir(), 'dailies-sweep-'));
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }));
  await mkdir(path.join(stateFolder, 'rescue'));
  const rescue = { v: 1, id: 'g1', round: 1, task: { id: 't1' }, taskKey: 't1', submittedAt: Date.now() };
  await writeFile(path.join(stateFolder, 'rescue', 'g1.json'), JSON.stringify(rescue));
  const { store, sweep } = sweepOf(ledger, { stateFolder });
  await store.redis.zadd(store.keys.intakes, 1, 'crashed');
  await sweep.pass();
  expect(await store.redis.zcard(store.keys.intakes)).toBe(0);
  expect(await store.redis.hget(store.keys.tasks(ACCOUNT), 't1')).toBe('g1');
  expect(await readdir(path.join(stateFolder, 'rescue'))).toEqual([]);
});

interface Swept {
  account?: string;
  /** Of retention; 0: for ever. */
  days?: number;
  /** Default: there is none. */
  stateFolder?: string;
}

function sweepOf(ledger: TestLedger, { account = ACCOUNT, days = 0, stateFolder = path.join(os.tmpdir(), ledger.tag) }: Swept = {}) {
  const store: Store = shardOf(ledger.store, account);
  const dropUnfinished = vi.fn((_before: number) => Promise.resolve(0));
  const providers = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, { account: null, pace: { deadlineMs: DAY } }]));
  const context = {
    store,
    queues: ledger.queues.of(store.number),
    log: createLog({ level: 'silent', name: 'test' }),
    config: { providers, stateFolder, retention: { ledgerDays: days, jobDays: days, resultDays: 0 } },
    prices: { bill: () => undefined },
    results: { store: { dropUnfinished } },
  } as unknown as WorkerContext;
  return { store, sweep: createSweep(context, [account], { touch: () => undefined }), dropUnfinished };
}
