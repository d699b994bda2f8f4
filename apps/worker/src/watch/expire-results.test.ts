import { createLog } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import { expect, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger, shardHolding, type TestLedger } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createResultExpiry } from './expire-results.ts';

test.each([
  ['aborted', 0],
  ['unavailable', 1],
] as const)('of a bucket whose answer is %s nothing is removed, and what a stop has cut short is no fault', async (cause, warnings) => {
  const ledger = await ledgerWithExpired();
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
  ['ours', 'a', 1],
  ["another ledger's of the same length", 'b', 0],
  ['of an unknown checksum', undefined, 1],
] as const)('an object that is %s is removed only if it may be the one that was stored', async (_, sha256, removed) => {
  const ledger = await ledgerWithExpired();
  const store = { stat: () => Promise.resolve({ bytes: 1, sha256 }), remove: vi.fn() };
  const log = createLog({ level: 'silent', name: 'test' });
  const context = { store: await shardHolding(ledger.store, 'g1'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };
  await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass();
  expect(store.remove).toHaveBeenCalledTimes(removed);
  expect((await ledger.generation('g1')).filesRemovedAt).toEqual(expect.any(Number));
});

async function ledgerWithExpired(): Promise<TestLedger> {
  const ledger = openTestLedger();
  await accept(ledger.store, 'old', [newGeneration('g1')]);
  const { redis, keys } = await shardHolding(ledger.store, 'g1');
  await redis.hset(keys.generation('g1'), { state: 'succeeded', folder: 's3://films/old', files: JSON.stringify([{ kind: 'video', file: 'g1.mp4', bytes: 1, sha256: 'a' }]), createdAt: 1, finishedAt: 1 });
  await redis.zadd(keys.all, 1, 'g1');
  return ledger;
}
