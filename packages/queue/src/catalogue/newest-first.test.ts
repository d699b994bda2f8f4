import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { newestFirst } from './newest-first.ts';

test('of several shards every generation comes once, the newest first, also where one shard has the next pages alone', async () => {
  const { store } = openTestLedger(undefined, 4);
  const ids = Array.from({ length: 7 }, (_, at) => `g${at}`);
  for (const [at, id] of ids.entries()) {
    const account = at < 4 ? 'allegro@http://127.0.0.1:1' : 'kling@http://127.0.0.1:1';
    await accept(store, null, [newGeneration(id, { account })]);
  }
  for (const [at, id] of ids.entries()) for (const { redis, keys } of store.shards) await redis.zadd(keys.all, 'XX', at, id);
  const pages = newestFirst(store, 2);
  const found: string[][] = [];
  for (let page = await pages.next(); page.length > 0; page = await pages.next()) {
    expect(await pages.next(), 'the same until they are taken').toEqual(page);
    found.push(page);
    pages.taken();
  }
  expect(found).toEqual([['g6', 'g5'], ['g4', 'g3'], ['g2', 'g1'], ['g0']]);
});
