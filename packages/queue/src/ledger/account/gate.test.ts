/** How many a gate lets through: places and slots together, of the account and of each provider, and none while something speaks against it. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { learnAccepted } from './accepted.ts';
import { learnDoubt } from './account-state.ts';
import { coolDown } from './cooldown.ts';
import { pause, resume } from './pauses.ts';
import { giveBack, type Limits, reserve } from './reservation.ts';
import { transition } from '../transition.ts';

const WIDE: Limits = { account: 50, provider: 50 };

/** Something is queued, and the account is known to take many. */
async function openGate(limits: Limits): Promise<TestLedger & { ask: (token: string) => Promise<unknown> }> {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  for (let accepted = 0; accepted < 20; accepted += 1) await learnAccepted(ledger.store, { id: 'g1', provider: 'allegro', account: ACCOUNT }, { configured: 50 });
  const ask = async (token: string): Promise<unknown> => {
    const answer = await reserve(ledger.store, { provider: 'allegro', account: ACCOUNT, limits, token });
    return answer.go ? 'go' : answer.why;
  };
  return { ...ledger, ask };
}

test('a place counts as a slot until it becomes one or has ended', async () => {
  const { ask, redis, store } = await openGate({ account: 1, provider: 50 });
  expect([await ask('r1'), await ask('r2')]).toEqual(['go', 'full']);
  await redis.zadd(store.keys.reserved(ACCOUNT), 'XX', Date.now() - 60_000, 'allegro:r1');
  expect(await ask('r2')).toBe('go');
});

test('a provider has no more places than its own limit, however much room its account has', async () => {
  const { ask, redis, store } = await openGate({ account: 50, provider: 1 });
  await redis.zadd(store.keys.reserved(ACCOUNT), Date.now() + 60_000, 'kling:r0');
  expect([await ask('r1'), await ask('r2')]).toEqual(['go', 'full']);
});

test('who asks again for the place that it has is not refused it, and takes no second one', async () => {
  const { ask, redis, store } = await openGate({ account: 1, provider: 1 });
  expect([await ask('r1'), await ask('r1')]).toEqual(['go', 'go']);
  expect(await redis.zcard(store.keys.reserved(ACCOUNT))).toBe(1);
});

test('each submit in a row that nobody answered for takes one from those that may be unanswered', async () => {
  const { ask, store } = await openGate(WIDE);
  await learnDoubt(store, ACCOUNT, 's1');
  expect([await ask('r1'), await ask('r2'), await ask('r3')]).toEqual(['go', 'go', 'unanswered']);
});

test('nothing is let through while the account rests after a refusal', async () => {
  const { ask, store } = await openGate(WIDE);
  await coolDown(store, ACCOUNT, { firstMs: 60_000, maxMs: 60_000 });
  expect(await ask('r1')).toBe('cooldown');
  expect(await coolDown(store, ACCOUNT, { firstMs: 1_000_000, maxMs: 1_000_000 }), 'refusals of submits that were under way together are one').toBeLessThan(80_000);
  const asked = (ms: number) => coolDown(store, ACCOUNT, { firstMs: 1, maxMs: 1 }, ms);
  expect([await asked(900_000) > 800_000, await asked(1_000) > 800_000], 'as long as the upstream has asked for, whoever is told less').toEqual([true, true]);
  expect(await store.redis.hget(store.keys.cooldowns, ACCOUNT), 'all of them are one strike').toMatch(/\|1$/);
  await store.redis.hset(store.keys.cooldowns, ACCOUNT, `${Date.now() - 1}|3`);
  const fourth = await coolDown(store, ACCOUNT, { firstMs: 60_000, maxMs: 900_000 });
  expect(fourth, 'eight times as long as after the first, as near as chance has it').toBeGreaterThan(300_000);
  expect(fourth).toBeLessThan(660_000);
});

test('a place that is given back wakes those who wait for one', async () => {
  const { ask, store, connect } = await openGate(WIDE);
  const ears = connect();
  onTestFinished(() => ears.disconnect());
  await ears.subscribe(store.keys.wake);
  const heard = once(ears, 'message');
  await ask('r1');
  await giveBack(store, { provider: 'allegro', account: ACCOUNT, token: 'r1' });
  expect(await heard).toEqual([store.keys.wake, ACCOUNT]);
});

test('who comes without a place is submitted only within both limits, beside places that others still have, and never to ask about an empty balance', async () => {
  const { store, redis, generation } = await openGate(WIDE);
  await redis.zadd(store.keys.slots(ACCOUNT), 1, 'other');
  await redis.zadd(store.keys.slotsOf(ACCOUNT, 'allegro'), 1, 'other');
  await redis.zadd(store.keys.reserved(ACCOUNT), Date.now() + 60_000, 'allegro:has', 1, 'allegro:had');
  const come = async (limit: number, limitOfProvider: number) => {
    const admission = { reservation: 'none', limit, limitOfProvider, judgeAfterMs: 1_000 };
    return transition(store, await generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission });
  };
  expect(await come(50, 1)).toEqual({ outcome: 'refused', reason: 'full' });
  expect(await come(2, 50)).toEqual({ outcome: 'refused', reason: 'full' });
  await pause(store, `account:${ACCOUNT}`, { reason: 'used up', kind: 'quota', polls: false });
  expect(await come(3, 50)).toEqual({ outcome: 'refused', reason: 'paused' });
  await resume(store, 'allegro', [ACCOUNT]);
  expect(await come(3, 50)).toMatchObject({ outcome: 'won' });
});
