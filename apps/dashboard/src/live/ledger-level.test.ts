import { randomUUID } from 'node:crypto';
import { connectForProducer, createLog, openStore, whenReady } from '@dailies/queue';
import { expect, inject, it, onTestFinished } from 'vitest';
import { basic, openHouse } from '../testing/house.ts';
import { unresolved } from '../testing/scene.ts';

it('while the ledger is being read, no page says that there is nothing', async () => {
  const REDIS_TAG = `test:${randomUUID()}`;
  const redis = connectForProducer(inject('redisUrl'), { name: 'test', log: createLog({ level: 'silent', name: 'test' }) });
  onTestFinished(() => redis.disconnect());
  await whenReady(redis, 5_000);
  const { keys } = openStore(redis, REDIS_TAG, 1);
  // What cannot be read now keeps the first reading from its end.
  await redis.multi().zadd(keys.all, Date.now(), 'unreadable').set(keys.generation('unreadable'), 'x').exec();
  const house = await openHouse(inject('redisUrl'), { REDIS_TAG });
  onTestFinished(() => house.close());
  await unresolved(house, { id: 'waits' });
  const page = async (route: string) => (await (await fetch(`${house.url}${route}`, { headers: { authorization: basic(house.user, house.password) } })).text());
  await expect.poll(() => page('/')).toContain('Reading the ledger: 0 of');
  for (const route of ['/inbox', '/generations']) {
    const text = await page(route);
    expect(text).toContain('Reading the ledger: 0 of');
    expect(text).not.toMatch(/Nothing waits for you|There are no generations yet|Nothing matches/);
  }
  await redis.multi().del(keys.generation('unreadable')).zrem(keys.all, 'unreadable').exec();
  await expect.poll(() => page('/inbox')).toContain('1 unresolved');
  expect(await page('/generations')).not.toContain('Reading the ledger');
});
