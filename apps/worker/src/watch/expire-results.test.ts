import { createLog } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import { expect, onTestFinished, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger, shardHolding, type TestLedger } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createResultExpiry } from './expire-results.ts';

test.each([
  ['aborted', 0],
  ['unavailable', 1],
] as const)('of a bucket whose answer is %s nothing is removed, and what a stop has cut short is no fault', async (cause, warnings) => {
  const ledger = await ledgerWithExpired('g1');
  const log = createLog({ level: 'silent', name: 'test' });
  const warn = vi.spyOn(log, 'warn');
  const store = { stat: () => Promise.reject(new StoreError(cause, 'The bucket films: no answer.')), remove: vi.fn() };
  const context = { store: await shardHolding(ledger.store, 'g1'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };

  expect(await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass()).toBe(0);
  expect(store.remove).not.toHaveBeenCalled();
  expect((await ledger.generation('g1')).filesRemovedAt).toBeUndefined();
  expect(warn).toHaveBeenCalledTimes(warnings);
});

test.each([
  ['files that this user may not remove', 'remove', new StoreError('disk', 'The folder cannot be written: permission denied.', 'EACCES')],
  ['files that this user may not look at', 'stat', new StoreError('disk', 'The folder cannot be read: permission denied.', 'EACCES')],
  ['objects that their bucket refuses to remove', 'remove', new StoreError('refused', 'The key may not do this.', 'AccessDenied')],
])('%s keep none behind them from being removed, and are told of once', async (_, what, denied) => {
  const ledger = await ledgerWithExpired('g1', 'g2', 'g3');
  const log = createLog({ level: 'silent', name: 'test' });
  const warn = vi.spyOn(log, 'warn');
  const store = { stat: () => Promise.resolve({ bytes: 1, sha256: 'a' }), remove: () => Promise.resolve() };
  Object.assign(store, { [what]: (_place: string, file: string) => (file === 'g3.mp4' ? Promise.resolve({ bytes: 1, sha256: 'a' }) : Promise.reject(denied)) });
  const context = { store: await shardHolding(ledger.store, 'g1'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };

  const touch = vi.fn();
  expect(await createResultExpiry(context as unknown as WorkerContext, { touch }).pass()).toBe(1);
  const all = await Promise.all(['g1', 'g2', 'g3'].map((id) => ledger.generation(id)));
  expect(all.map(({ filesRemovedAt }) => filesRemovedAt !== undefined)).toEqual([false, false, true]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(touch.mock.calls, 'its manifest tells that they are gone').toEqual([['old']]);
});

test.each([
  ['ours', 'a', 1],
  ["another ledger's of the same length", 'b', 0],
  ['of an unknown checksum', undefined, 1],
] as const)('an object that is %s is removed only if it may be the one that was stored', async (_, sha256, removed) => {
  const ledger = await ledgerWithExpired('g1');
  const store = { stat: () => Promise.resolve({ bytes: 1, sha256 }), remove: vi.fn() };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = { store: await shardHolding(ledger.store, 'g1'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };
  await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass();
  expect(store.remove).toHaveBeenCalledTimes(removed);
  expect((await ledger.generation('g1')).filesRemovedAt).toEqual(expect.any(Number));
});

test.each([
  ['of a retention of 0 days, for ever,', 0, 's3://films/old'],
  ['whose removal a machine has begun that has the folder, where this one has none,', 30, '/nowhere/old'],
])('files %s stay, and are not said to be removed', async (_, resultDays, folder) => {
  const ledger = await ledgerWithExpired('g1');
  const shard = await shardHolding(ledger.store, 'g1');
  await shard.redis.hset(shard.keys.generation('g1'), { folder, filesExpiredAt: 1 });
  const store = { stat: () => Promise.resolve(null), remove: vi.fn() };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = { store: shard, log, config: { retention: { resultDays } }, results: { at: () => store, isOurs: () => true } };
  expect(await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass()).toBe(0);
  expect((await ledger.generation('g1')).filesRemovedAt).toBeUndefined();
});

test.each([
  ['of a process that was suspended meanwhile removes no more', 'suspended', []],
  ['after whose files a person has come for them says nothing of them', 'retried', ['g1.mp4']],
] as const)('a removal %s', async (_, what, expected) => {
  const ledger = await ledgerWithExpired('g1');
  const shard = await shardHolding(ledger.store, 'g1');
  const begun = Date.now();
  const clock = vi.spyOn(Date, 'now');
  onTestFinished(() => clock.mockRestore());
  const removed: string[] = [];
  const store = {
    async stat() {
      if (what === 'suspended') clock.mockReturnValue(begun + 60_000);
      return { bytes: 1, sha256: 'a' };
    },
    async remove(_place: string, file: string) {
      removed.push(file);
      await shard.redis.hincrby(shard.keys.generation('g1'), 'seq', 1);
    },
  };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = { store: shard, log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };
  const touch = vi.fn();
  expect(await createResultExpiry(context as unknown as WorkerContext, { touch }).pass()).toBe(0);
  expect(removed).toEqual(expected);
  expect((await ledger.generation('g1')).filesRemovedAt).toBeUndefined();
  expect(touch).not.toHaveBeenCalled();
});

test('a removal that a bucket does not answer ends before a person may have the file fetched again, and is told of', async () => {
  const ledger = await ledgerWithExpired('g1');
  const clock = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => AbortSignal.abort(ms));
  onTestFinished(() => clock.mockRestore());
  const log = createLog({ level: 'silent', name: 'test' });
  const warn = vi.spyOn(log, 'warn');
  // As the official client: a request that is stopped ends, any other is asked again when its time is over.
  const remove = async (_place: string, _file: string, late?: AbortSignal): Promise<void> => {
    if (late?.aborted === true) throw new StoreError('aborted', 'The bucket films: the exchange was stopped.');
  };
  const store = { stat: () => Promise.resolve({ bytes: 1, sha256: 'a' }), remove };
  const context = { store: await shardHolding(ledger.store, 'g1'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };
  expect(await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass()).toBe(0);
  expect(clock).toHaveBeenCalledWith(20_000);
  expect(warn).toHaveBeenCalledWith({ reason: 's3://films/old: 20 s have passed without an answer to the removal of g1.mp4.' }, expect.any(String));
});

test('a slow bucket is asked about sixteen at once, and about no more', async () => {
  const ids = Array.from({ length: 17 }, (_, at) => `g${at + 10}`);
  const ledger = await ledgerWithExpired(...ids);
  let asked = 0;
  let release: (at: number) => void = () => undefined;
  const all = new Promise<number>((resolve) => (release = resolve));
  const store = {
    async stat() {
      asked += 1;
      if (asked === 16) setImmediate(() => release(asked));
      expect(await all).toBe(16);
      return { bytes: 1, sha256: 'a' };
    },
    remove: vi.fn(),
  };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = { store: await shardHolding(ledger.store, 'g10'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };
  expect(await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass()).toBe(17);
  expect(store.remove).toHaveBeenCalledTimes(17);
});

test('one pass comes to what stands behind hundreds that are removed already, and a round that took minutes is not repeated every ten', async () => {
  const gone = Array.from({ length: 250 }, (_, at) => `a${at}`);
  const ledger = await ledgerWithExpired(...gone, 'z1');
  const shard = await shardHolding(ledger.store, 'z1');
  await shard.redis.pipeline(gone.map((id) => ['hset', shard.keys.generation(id), 'filesRemovedAt', 1])).exec();
  let [now, ticks] = [Date.now(), 0];
  const clocks = [vi.spyOn(Date, 'now').mockImplementation(() => now), vi.spyOn(performance, 'now').mockImplementation(() => ticks)];
  onTestFinished(() => clocks.forEach((clock) => clock.mockRestore()));
  const store = { stat: () => Promise.resolve({ bytes: 1, sha256: 'a' }), remove: () => Promise.resolve() };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = { store: shard, log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };
  const expiry = createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() });
  const passAfter = async (minutes: number): Promise<number> => {
    now += minutes * 60_000;
    await shard.redis.hdel(shard.keys.generation('z1'), 'filesRemovedAt');
    return expiry.pass();
  };
  expect(await passAfter(0)).toBe(1);
  const zrange = shard.redis.zrange.bind(shard.redis) as (...given: unknown[]) => Promise<string[]>;
  vi.spyOn(shard.redis, 'zrange').mockImplementation((...given: unknown[]) => {
    ticks += 60_000;
    return zrange(...given);
  });
  // Each page takes a minute now: one page a pass, and after both of them forty minutes of rest, each time.
  expect([await passAfter(11), await passAfter(0), await passAfter(39), await passAfter(2), await passAfter(0)]).toEqual([0, 1, 0, 0, 1]);
  expect([await passAfter(41), await passAfter(0)]).toEqual([0, 1]);
});

async function ledgerWithExpired(...ids: string[]): Promise<TestLedger> {
  const ledger = openTestLedger();
  await accept(ledger.store, 'old', ids.map((id) => newGeneration(id)));
  for (const id of ids) {
    const { redis, keys } = await shardHolding(ledger.store, id);
    const files = JSON.stringify([{ kind: 'video', file: `${id}.mp4`, bytes: 1, sha256: 'a' }]);
    await redis.hset(keys.generation(id), { state: 'succeeded', folder: 's3://films/old', files, createdAt: 1, finishedAt: 1 });
    await redis.zadd(keys.all, 1, id);
  }
  return ledger;
}
