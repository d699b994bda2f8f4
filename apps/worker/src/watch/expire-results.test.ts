import { createLog } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import { expect, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';
import type { WorkerContext } from '../context.ts';
import { createResultExpiry } from './expire-results.ts';

test.each([
  ['aborted', 0],
  ['unavailable', 1],
] as const)('of a bucket whose answer is %s nothing is removed, and what a stop has cut short is no fault', async (cause, warnings) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'old', [newGeneration('g1')]);
  const { redis, keys } = await shardHolding(ledger.store, 'g1');
  await redis.hset(keys.generation('g1'), { state: 'succeeded', folder: 's3://films/old', files: JSON.stringify([{ kind: 'video', file: 'g1.mp4', bytes: 1 }]), createdAt: 1, finishedAt: 1 });
  await redis.zadd(keys.all, 1, 'g1');
  const log = createLog({ level: 'silent', name: 'test' });
  const warn = vi.spyOn(log, 'warn');
  const store = { stat: () => Promise.reject(new StoreError(cause, 'The bucket films: no answer.')), remove: vi.fn() };
  const context = { store: await shardHolding(ledger.store, 'g1'), log, config: { retention: { resultDays: 30 } }, results: { at: () => store, isOurs: () => true } };

  expect(await createResultExpiry(context as unknown as WorkerContext, { touch: vi.fn() }).pass()).toBe(0);
  expect(store.remove).not.toHaveBeenCalled();
  expect((await ledger.generation('g1')).filesRemovedAt).toBeUndefined();
  expect(warn).toHaveBeenCalledTimes(warnings);
});
