/** The turn of asking whether an empty balance was filled: of a shared account one in ten minutes, so nobody may take it who does not ask. */
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { shardOf } from '../../shards/routing.ts';
import { pause } from './pauses.ts';
import { giveBack, reserve } from './reservation.ts';

const SHARED = 'acedata@http://127.0.0.1:1';
const LIMITS = { account: 50, provider: 50 };

/** The balance of the shared account is empty, luma has work, and the ten minutes are over. */
async function emptyBalance({ store }: TestLedger): Promise<void> {
  await accept(store, 'b', [newGeneration('g1', { provider: 'luma', account: SHARED })]);
  await pause(store, `account:${SHARED}`, { reason: 'used up', kind: 'quota', polls: false });
  expect(await reserve(store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'at once' })).toMatchObject({ go: false, why: 'paused' });
  const { redis, keys } = shardOf(store, SHARED);
  expect(await redis.hget(keys.account(SHARED), 'probedAt'), 'since when the ten minutes count').not.toBeNull();
  await redis.hset(keys.account(SHARED), 'probedAt', 0);
}

test('a provider that has nothing to submit leaves the turn to who has', async () => {
  const ledger = openTestLedger();
  await emptyBalance(ledger);
  expect(await reserve(ledger.store, { provider: 'hailuo', account: SHARED, limits: LIMITS, token: 'idle' })).toMatchObject({ go: false, why: 'nothing' });
  expect(await reserve(ledger.store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'asks' })).toEqual({ go: true, queued: 1 });
  expect(await reserve(ledger.store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'next' })).toMatchObject({ go: false, why: 'paused' });
});

test('a provider that a person has paused leaves the turn to who is open', async () => {
  const ledger = openTestLedger();
  await emptyBalance(ledger);
  await pause(ledger.store, 'operator:pika', { reason: 'lunch', kind: 'operator', polls: false });
  expect(await reserve(ledger.store, { provider: 'pika', account: SHARED, limits: LIMITS, token: 'held' })).toMatchObject({ go: false, why: 'paused' });
  expect(await reserve(ledger.store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'asks' })).toEqual({ go: true, queued: 1 });
});

test('a place that is given back unused gives the turn back with it', async () => {
  const ledger = openTestLedger();
  await emptyBalance(ledger);
  await accept(ledger.store, 'b2', [newGeneration('g2', { provider: 'hailuo', account: SHARED })]);
  expect(await reserve(ledger.store, { provider: 'hailuo', account: SHARED, limits: LIMITS, token: 'no job' })).toEqual({ go: true, queued: 1 });
  expect(await reserve(ledger.store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'asks' })).toMatchObject({ go: false, why: 'paused' });
  await giveBack(ledger.store, { provider: 'luma', account: SHARED, token: 'asks' });
  expect(await reserve(ledger.store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'asks' }), 'whoever else gives back').toMatchObject({ go: false, why: 'paused' });
  await giveBack(ledger.store, { provider: 'hailuo', account: SHARED, token: 'no job' });
  expect(await reserve(ledger.store, { provider: 'luma', account: SHARED, limits: LIMITS, token: 'asks' })).toEqual({ go: true, queued: 1 });
});
