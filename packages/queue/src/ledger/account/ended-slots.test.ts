import { expect, test } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { shardOf } from '../../shards/routing.ts';
import { accountState } from './account-state.ts';
import { forgetEndedDoubts, freeEndedSlots } from './ended-slots.ts';
import { learn } from '../learn.ts';
import { slotsTaken } from '../read.ts';
import { transition } from '../transition.ts';

test('a stray that is past its deadline gives back its place at the account and at its provider', async () => {
  const ledger = openTestLedger();
  const store = shardOf(ledger.store, ACCOUNT);
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  await transition(store, generation, { from: ['queued'], to: 'canceled', by: 'p' });
  const late = { round: 1, task: { id: 't1' }, taskKey: 't1', by: 'late', patch: {}, note: 'late', slotUntil: Date.now() - 60_000 };
  expect(await learn(store, generation, late)).toMatchObject({ outcome: 'stray' });
  expect(await freeEndedSlots(store, ACCOUNT, 0, 10)).toEqual({ found: 1, freed: 1 });
  expect(await slotsTaken(store, ACCOUNT)).toBe(0);
  expect(await store.redis.zcard(store.keys.slotsOf(ACCOUNT, 'allegro'))).toBe(0);
});

test('what still runs keeps its place past its deadline, and what is not past it keeps it, whatever its state', async () => {
  const ledger = openTestLedger();
  const store = shardOf(ledger.store, ACCOUNT);
  await accept(ledger.store, 'b', ['runs', 'overdue', 'ended', 'later'].map((id) => newGeneration(id)));
  const [before, after] = [Date.now() - 60_000, Date.now() + 60_000];
  for (const id of ['ended', 'later']) await transition(store, await ledger.generation(id), { from: ['queued'], to: 'canceled', by: 'p' });
  await store.redis.hset(store.keys.generation('overdue'), 'state', 'overdue');
  await store.redis.zadd(store.keys.slots(ACCOUNT), before, 'runs', before, 'overdue', before, 'ended', after, 'later');
  await store.redis.sadd(store.keys.doubtful(ACCOUNT), 'overdue', 'ended');
  expect(await freeEndedSlots(store, ACCOUNT, 0, 10)).toEqual({ found: 3, freed: 1 });
  expect(await freeEndedSlots(store, ACCOUNT, 2, 10), 'behind those that are kept').toEqual({ found: 0, freed: 0 });
  expect(await store.redis.zrange(store.keys.slots(ACCOUNT), '0', '-1')).toEqual(['overdue', 'runs', 'later']);
  expect(await store.redis.smembers(store.keys.doubtful(ACCOUNT))).toEqual(['overdue']);
});

test('what has given up its slot, or was submitted again, after a sweep has seen it past its time keeps what it has', async () => {
  const ledger = openTestLedger();
  const { redis, keys, ...shard } = shardOf(ledger.store, ACCOUNT);
  const later = Date.now() + 60_000;
  await redis.zadd(keys.slots(ACCOUNT), later, 'later');
  await redis.sadd(keys.doubtful(ACCOUNT), 'later', 'gone');
  const seenBefore = Object.assign(Object.create(redis) as typeof redis, { zrangebyscore: () => Promise.resolve(['gone', 'later']) });
  expect(await freeEndedSlots({ ...shard, redis: seenBefore, keys }, ACCOUNT, 0, 10)).toEqual({ found: 2, freed: 0 });
  expect(await redis.zscore(keys.slots(ACCOUNT), 'later')).toBe(String(later));
  expect(await redis.scard(keys.doubtful(ACCOUNT))).toBe(2);
});

test('what an older worker has ended and left among those in doubt raises the limit no longer; what is in doubt does', async () => {
  const ledger = openTestLedger();
  const store = shardOf(ledger.store, ACCOUNT);
  await accept(ledger.store, 'b', ['ended', 'again', 'overdue'].map((id) => newGeneration(id)));
  for (const id of ['again', 'overdue']) {
    const generation = await ledger.generation(id);
    await transition(store, generation, { from: ['queued'], to: 'submitting', by: 's', admission: { reservation: '', limit: 50, limitOfProvider: 50, judgeAfterMs: 60_000 } });
    await transition(store, generation, { from: ['submitting'], to: 'rendering', by: 's', slotUntil: Date.now() + 60_000 });
  }
  await transition(store, await ledger.generation('overdue'), { from: ['rendering'], to: 'overdue', by: 'p' });
  await transition(store, await ledger.generation('ended'), { from: ['queued'], to: 'canceled', by: 'p' });
  await store.redis.sadd(store.keys.doubtful(ACCOUNT), 'ended', 'again', 'unknown');

  expect(await forgetEndedDoubts(store, ACCOUNT, 100)).toBe(3);
  expect((await accountState(ledger.store, ACCOUNT)).doubtful).toBe(1);
  expect(await store.redis.smembers(store.keys.doubtful(ACCOUNT))).toEqual(['overdue']);
  expect(await forgetEndedDoubts(store, ACCOUNT, 100)).toBe(0);
});
