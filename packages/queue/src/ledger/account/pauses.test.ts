import { expect, inject, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import { pause, pauses, resume } from './pauses.ts';

const SHARED = 'acedata@http://127.0.0.1:1';

test('a pause of polls takes the place of one that holds submits alone, and not the other way round', async () => {
  const { store } = openTestLedger();
  const scope = `account:${SHARED}`;
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toEqual({ reason: 'empty', polls: false, isNew: true });
  expect(await pause(store, scope, { reason: 'no key', kind: 'auth', polls: true })).toEqual({ reason: 'no key', polls: true, isNew: true });
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toEqual({ reason: 'no key', polls: true, isNew: false });
  expect(await pauses(store)).toMatchObject([{ scope, reason: 'no key', polls: true }]);
  const again = { reason: 'no key', kind: 'auth', polls: true };
  expect(await pause(store, scope, again), 'it may be the same call, sent twice').toEqual({ reason: 'no key', polls: true, isNew: true });
});

test('a pause that stands in one shard alone is not said to be new, and one that holds polls in one shard holds polls', async () => {
  const { store } = openTestLedger(inject('redisUrl'), 2);
  const [first, second] = store.shards;
  await second?.redis.hset(second.keys.pauses, 'operator:kling', '1000|0|operator|ask Ann');
  expect(await pause(store, 'operator:kling', { reason: 'lunch', kind: 'operator', polls: false })).toEqual({ reason: 'ask Ann', polls: false, isNew: false });
  for (const [polls, other] of [[1, 0], [0, 1]]) {
    await first?.redis.hset(first.keys.pauses, 'operator:kling', `1000|${polls}|operator|ask Ann`);
    await second?.redis.hset(second.keys.pauses, 'operator:kling', `1003|${other}|operator|ask Ann`);
    expect(await pauses(store)).toMatchObject([{ scope: 'operator:kling', at: 1000, polls: true }]);
  }
});

test('a pause of polls without a reason of its own keeps what a person has said, and one with a reason says its own', async () => {
  const { store } = openTestLedger();
  const scope = 'operator:kling';
  const unexplained = { reason: 'paused by a person', kind: 'operator', isUnexplained: true };
  await pause(store, scope, { reason: 'ask Ann | or Bob', kind: 'operator', polls: false });
  expect(await pause(store, scope, { ...unexplained, polls: true })).toEqual({ reason: 'ask Ann | or Bob', polls: true, isNew: true });
  expect(await pauses(store)).toMatchObject([{ scope, reason: 'ask Ann | or Bob', kind: 'operator', polls: true }]);

  const other = 'operator:allegro';
  expect(await pause(store, other, { ...unexplained, polls: false })).toMatchObject({ reason: 'paused by a person', isNew: true });
  expect(await pause(store, other, { reason: 'ask Ann', kind: 'operator', polls: true })).toMatchObject({ reason: 'ask Ann', isNew: true });
});

test('a resume ends a pause that its person was shown in every shard, though it came to them one after the other, and none that came later', async () => {
  const { store } = openTestLedger(inject('redisUrl'), 2);
  const [first, second] = store.shards;
  await first?.redis.hset(first.keys.pauses, 'operator:kling', '1000|0|operator|ask Ann');
  await second?.redis.hset(second.keys.pauses, { 'operator:kling': '1003|0|operator|ask Ann', [`provider:${SHARED}:kling`]: '1004|0|delisted|withdrawn' });
  const [shown] = await pauses(store);
  expect(shown).toMatchObject({ scope: 'operator:kling', at: 1000, newest: 1003 });
  expect(await resume(store, 'kling', [], 999)).toEqual([]);
  expect(await resume(store, 'kling', [], shown?.newest)).toEqual(['operator:kling']);
  expect(await pauses(store)).toMatchObject([{ reason: 'withdrawn' }]);
  expect(await resume(store, 'kling', [])).toEqual([`provider:${SHARED}:kling`]);
});
