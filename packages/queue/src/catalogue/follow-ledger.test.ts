import { Cluster } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { transition } from '../ledger/transition.ts';
import { followLedger } from './follow-ledger.ts';
import type { LedgerChange } from './ledger-copy.ts';
import { search } from './search.ts';

function follow(ledger: ReturnType<typeof openTestLedger>) {
  // It looks when it is told to, not by the clock.
  const follower = followLedger(ledger.store, { everyMs: 3_600_000 });
  onTestFinished(() => follower.stop());
  return follower;
}

async function cancel(ledger: ReturnType<typeof openTestLedger>, id: string): Promise<void> {
  const result = await transition(ledger.store, await ledger.generation(id), { from: ['queued'], to: 'canceled', by: `test-${id}`, patch: { finishedAt: Date.now() } });
  expect(result.outcome).toBe('won');
}

test('what is there, what comes, and what changes is in the catalogue, and who listens is told which', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'first', [newGeneration('g1'), newGeneration('g2')]);
  const follower = follow(ledger);
  await follower.catchUp();
  expect(follower.catalogue.size).toBe(2);
  const told: LedgerChange[] = [];
  follower.onChange((change) => told.push(change));
  await accept(ledger.store, 'second', Array.from({ length: 600 }, (_, at) => newGeneration(`new${at}`, { metadata: { at } })));
  await cancel(ledger, 'g1');
  await follower.catchUp();
  expect(follower.catalogue.size).toBe(602);
  expect(search(follower.catalogue, { states: ['canceled'] }, { size: 9 }).ids).toEqual(['g1']);
  expect(search(follower.catalogue, { metadata: 'at=599' }, { size: 9 }).ids).toEqual(['new599']);
  expect(told).toHaveLength(1);
  expect(told[0]?.ids.has('g1')).toBe(true);
  expect([...(told[0]?.batches ?? [])].toSorted()).toEqual(['first', 'second']);
  await follower.catchUp();
  expect(told).toHaveLength(1);
});

test('a follower that fell behind the stream of events reads the states again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1'), newGeneration('g2'), newGeneration('g3')]);
  await cancel(ledger, 'g3');
  const follower = follow(ledger);
  await follower.catchUp();
  await cancel(ledger, 'g1');
  await cancel(ledger, 'g2');
  await ledger.redis.xtrim(ledger.store.keys.events, 'MAXLEN', '=', 1);
  const told: LedgerChange[] = [];
  follower.onChange((change) => told.push(change));
  await follower.catchUp();
  expect(search(follower.catalogue, { states: ['canceled'] }, { size: 9 }).total).toBe(3);
  expect(told).toEqual([null]);
});

test('another ledger in its place, an older backup, is read from the beginning', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1'), newGeneration('g2')]);
  await cancel(ledger, 'g1');
  const follower = follow(ledger);
  await follower.catchUp();
  await ledger.redis.zrem(ledger.store.keys.all, 'g2');
  await follower.catchUp();
  expect(search(follower.catalogue, {}, { size: 9 }).ids).toEqual(['g1']);
});

test('a change is not missed because Redis did not answer when its state was to be read', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const follower = follow(ledger);
  await follower.catchUp();
  await cancel(ledger, 'g1');
  // A Cluster is asked for each record, another Redis for a page of them.
  const away = vi.spyOn(ledger.redis, ledger.redis instanceof Cluster ? 'pipeline' : 'evalsha').mockImplementationOnce(() => {
    throw new Error('away');
  });
  onTestFinished(() => away.mockRestore());
  await expect(follower.catchUp()).rejects.toThrow('away');
  await follower.catchUp();
  expect(search(follower.catalogue, { states: ['canceled'] }, { size: 9 }).ids).toEqual(['g1']);
});

test('what is added between two pages of what is new hides nothing that is new', async () => {
  const ledger = openTestLedger();
  const follower = follow(ledger);
  await follower.catchUp();
  const some = (name: string, count: number) => Array.from({ length: count }, (_, at) => newGeneration(`${name}-${at}`));
  await accept(ledger.store, 'large', some('large', 900));
  const read = ledger.store.redis.zrevrange.bind(ledger.store.redis);
  const pages = vi.spyOn(ledger.store.redis, 'zrevrange').mockImplementationOnce(async (...args) => {
    const page = await read(...(args as [string, number, number]));
    await accept(ledger.store, 'meanwhile', some('meanwhile', 400));
    return page;
  });
  onTestFinished(() => pages.mockRestore());
  await follower.catchUp();
  await follower.catchUp();
  expect(follower.total()).toBe(1_300);
  expect(follower.catalogue.size).toBe(1_300);
});

test('what is added between the count and the first page is not looked for once more, through everything', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'old', Array.from({ length: 1_200 }, (_, at) => newGeneration(`old-${at}`)));
  const follower = follow(ledger);
  await follower.catchUp();
  await accept(ledger.store, 'b', [newGeneration('first')]);
  const read = ledger.store.redis.zrevrange.bind(ledger.store.redis);
  const pages = vi.spyOn(ledger.store.redis, 'zrevrange').mockImplementationOnce(async (...args) => {
    await accept(ledger.store, 'c', [newGeneration('meanwhile')]);
    return read(...(args as [string, number, number]));
  });
  onTestFinished(() => pages.mockRestore());
  await follower.catchUp();
  pages.mockClear();
  await follower.catchUp();
  expect(pages).not.toHaveBeenCalled();
  expect(follower.total()).toBe(1_202);
  expect(follower.catalogue.size).toBe(1_202);
});

test('only so many are kept, the newest', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'old', [newGeneration('old')]);
  await accept(ledger.store, 'new', Array.from({ length: 500 }, (_, at) => newGeneration(`g${at}`)));
  const follower = followLedger(ledger.store, { everyMs: 3_600_000, most: 500 });
  onTestFinished(() => follower.stop());
  await follower.catchUp();
  expect(follower.catalogue.size).toBe(500);
  expect(follower.catalogue.has('old')).toBe(false);
  expect(follower.total()).toBe(501);
  // What comes between the count and the first page makes the next look seek one more, which is none of the older ones.
  await accept(ledger.store, 'old again', [newGeneration('more')]);
  const read = ledger.store.redis.zrevrange.bind(ledger.store.redis);
  const pages = vi.spyOn(ledger.store.redis, 'zrevrange');
  onTestFinished(() => pages.mockRestore());
  const busy = followLedger(ledger.store, { everyMs: 3_600_000, most: 500 });
  onTestFinished(() => busy.stop());
  pages.mockImplementationOnce(async (...args) => {
    await accept(ledger.store, 'meanwhile', [newGeneration('meanwhile')]);
    return read(...(args as [string, number, number]));
  });
  // It has looked once by itself, and looks again.
  await busy.catchUp();
  expect(busy.catalogue.has('meanwhile')).toBe(true);
  expect(busy.catalogue.size).toBe(500);
  expect(busy.total()).toBe(503);
});

test('what is added between two pages hides nothing in a shard of which nothing is kept yet, where older ones are left out', async () => {
  const ledger = openTestLedger(undefined, 2);
  const some = (name: string, count: number, more = {}) => Array.from({ length: count }, (_, at) => newGeneration(`${name}-${at}`, more));
  const elsewhere = { provider: 'kling', account: 'kling@http://127.0.0.1:1' } as const;
  await accept(ledger.store, 'old', some('old', 501));
  const follower = followLedger(ledger.store, { everyMs: 3_600_000, most: 500 });
  onTestFinished(() => follower.stop());
  await follower.catchUp();
  await accept(ledger.store, 'large', some('large', 505, elsewhere));
  const read = ledger.store.redis.zrevrange.bind(ledger.store.redis);
  const pages = vi.spyOn(ledger.store.redis, 'zrevrange').mockImplementationOnce(async (...args) => {
    const page = await read(...(args as [string, number, number]));
    await accept(ledger.store, 'meanwhile', some('meanwhile', 90, elsewhere));
    return page;
  });
  onTestFinished(() => pages.mockRestore());
  await follower.catchUp();
  await follower.catchUp();
  expect(follower.total()).toBe(1_096);
  expect(follower.catalogue.size).toBe(1_095);
});
