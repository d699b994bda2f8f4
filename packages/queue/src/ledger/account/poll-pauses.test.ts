import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import { shardOf } from '../../shards/routing.ts';
import { pauses, resume } from './pauses.ts';
import { pollsPausedFor } from './poll-pauses.ts';
import type { Store } from '../store.ts';

const SHARED = 'acedata@http://127.0.0.1:1';
const OWN = 'luma@http://127.0.0.1:1';
const HOUR = 3_600_000;

type Waiting = 'allegro' | 'kling' | 'hailuo' | 'pika' | 'luma';

/** What stands since so many hours, by scope. */
async function pausedSince(store: Store, hours: Record<string, number>): Promise<void> {
  for (const [scope, since] of Object.entries(hours)) {
    const shards = scope.startsWith('operator:') ? store.shards : [shardOf(store, SHARED)];
    for (const { redis, keys } of shards) await redis.hset(keys.pauses, scope, `${Date.now() - since * HOUR}|1|auth|shut`);
  }
}

async function hoursOf(store: Store, provider: Waiting, account = SHARED): Promise<number> {
  return Math.round((await pollsPausedFor(store, { provider, account })) / HOUR);
}

test('whoever of a shared account is resumed, the deadlines of all who share it have waited while its polls were paused', async () => {
  const { store } = openTestLedger();
  await pausedSince(store, { [`account:${SHARED}`]: 1 });
  expect(await resume(store, 'hailuo', [SHARED])).toEqual([`account:${SHARED}`]);
  expect(await pauses(store)).toEqual([]);
  for (const provider of ['hailuo', 'pika', 'luma'] as const) expect(await hoursOf(store, provider), provider).toBe(1);
  for (const provider of ['allegro', 'kling'] as const) expect(await hoursOf(store, provider), provider).toBe(0);
});

test('a pause of an account that nobody shares puts off the deadlines of its provider', async () => {
  const { store } = openTestLedger();
  const account = 'kling@http://127.0.0.1:1';
  const { redis, keys } = shardOf(store, account);
  await redis.hset(keys.pauses, `account:${account}`, `${Date.now() - HOUR}|1|auth|shut`);
  expect(await resume(store, 'kling', [account])).toEqual([`account:${account}`]);
  expect(await hoursOf(store, 'kling', account)).toBe(1);
});

test('a pause of one account puts off no deadline on another account of the same provider', async () => {
  const { store } = openTestLedger();
  await pausedSince(store, { [`account:${SHARED}`]: 5, [`provider:${SHARED}:luma`]: 2 });
  expect(await hoursOf(store, 'luma', OWN), 'while it stands').toBe(0);
  await resume(store, 'luma', [SHARED, OWN]);
  expect(await hoursOf(store, 'luma', OWN)).toBe(0);
  expect(await hoursOf(store, 'luma')).toBe(5);
});

test('a pause by a person puts off the deadlines of that provider alone, on every account', async () => {
  const { store } = openTestLedger();
  await pausedSince(store, { 'operator:luma': 1 });
  await resume(store, 'luma', [SHARED]);
  expect([await hoursOf(store, 'luma'), await hoursOf(store, 'luma', OWN), await hoursOf(store, 'pika')]).toEqual([1, 1, 0]);
});

test('polls that several pauses held at the same time have waited once', async () => {
  const { store } = openTestLedger();
  await pausedSince(store, { [`account:${SHARED}`]: 6, [`provider:${SHARED}:luma`]: 10, 'operator:luma': 8 });
  expect(await hoursOf(store, 'luma'), 'while all of them stand').toBe(10);
  await resume(store, 'luma', [SHARED]);
  expect(await hoursOf(store, 'luma')).toBe(10);
  expect(await hoursOf(store, 'pika')).toBe(6);

  // The one within the other, ended before it.
  await pausedSince(store, { [`account:${SHARED}`]: 4, [`provider:${SHARED}:luma`]: 7 });
  await resume(store, 'pika', [SHARED]);
  expect(await hoursOf(store, 'luma'), 'the longer one still stands').toBe(17);
  await resume(store, 'luma', []);
  expect(await hoursOf(store, 'luma')).toBe(17);
});

test('what a pause has held before another one began counts when it ends, though the other one still stands', async () => {
  const { store } = openTestLedger();
  await pausedSince(store, { [`account:${SHARED}`]: 5, [`provider:${SHARED}:luma`]: 2 });
  await resume(store, 'hailuo', [SHARED]);
  expect(await hoursOf(store, 'luma')).toBe(5);
  expect(await hoursOf(store, 'hailuo')).toBe(5);
});

test.each([
  ['before', 8, 6],
  ['after', 6, 8],
])('what a person paused %s an account was, and resumes without its key, has waited once', async (_, byPerson, ofAccount) => {
  const { store } = openTestLedger();
  await pausedSince(store, { 'operator:luma': byPerson, [`account:${SHARED}`]: ofAccount });
  expect(await resume(store, 'luma', [])).toEqual(['operator:luma']);
  expect(await hoursOf(store, 'luma'), 'the other one still stands').toBe(8);
  await resume(store, 'luma', [SHARED]);
  expect(await hoursOf(store, 'luma')).toBe(8);
  expect([await hoursOf(store, 'luma', OWN), await hoursOf(store, 'hailuo')]).toEqual([byPerson, ofAccount]);
});
