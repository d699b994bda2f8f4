import { Cluster } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { readGenerations } from './read.ts';

test('generations come in the order asked, and the last of them does not wait in a line behind more than a hundred, whichever shards they are in', async () => {
  const { redis, store } = openTestLedger(undefined, 3);
  const items = Array.from({ length: 250 }, (_, at) => newGeneration(`g${at}`));
  for (const [number, shard] of store.shards.entries()) await accept(shard, null, items.filter((_one, at) => at % 3 === number));
  const ask = redis.evalsha.bind(redis) as (...words: unknown[]) => Promise<unknown>;
  let underWay = 0;
  let most = 0;
  vi.spyOn(redis, 'evalsha').mockImplementation((...words: unknown[]) => {
    // Each record has two keys, and all share the index.
    const records = (Number(words[1]) - 1) / 2;
    most = Math.max(most, (underWay += records));
    return ask(...words).finally(() => (underWay -= records));
  });

  const found = await readGenerations(store, [...items.map(({ id }) => id), 'nobody']);

  const seen = found.map((one) => one && { id: one.id, shard: one.shard, history: one.history.length });
  expect(seen).toEqual([...items.map(({ id }, at) => ({ id, shard: at % 3, history: 1 })), null]);
  // A Cluster is asked without scripts.
  expect(most).toBe(redis instanceof Cluster ? 0 : 100);
});
