import { Cluster } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { storedRecords } from './stored-records.ts';

test('records come in the order asked, and the last of them does not wait in a line behind more than a hundred', async () => {
  const { redis, store } = openTestLedger();
  const { all, generation, history } = store.keys;
  const ids = Array.from({ length: 250 }, (_, at) => `g${at}`);
  await redis.zadd(all, ...ids.flatMap((id, at) => [at, id]));
  for (const id of ids) await redis.hset(generation(id), { name: id });
  await redis.rpush(history('g0'), 'created');
  const ask = redis.evalsha.bind(redis) as (...words: unknown[]) => Promise<unknown>;
  let underWay = 0;
  let most = 0;
  vi.spyOn(redis, 'evalsha').mockImplementation((...words: unknown[]) => {
    most = Math.max(most, (underWay += 1));
    return ask(...words).finally(() => (underWay -= 1));
  });

  const found = await storedRecords(store, [...ids, 'nobody']);

  expect(found).toEqual([...ids.map((name) => ({ fields: { name }, history: name === 'g0' ? ['created'] : [] })), null]);
  // A Cluster is asked without scripts.
  expect(most).toBe(redis instanceof Cluster ? 0 : 4);
});
