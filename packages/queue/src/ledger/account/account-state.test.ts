import { expect, onTestFinished, test } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { learnAccepted } from './accepted.ts';
import { accountState, learnAlive, learnAnswered, learnDoubt, learnFull, mostSlots } from './account-state.ts';
import { coolDown, cooldownLeft } from './cooldown.ts';
import { pause, pauses } from './pauses.ts';
import { shardOf } from '../../shards/routing.ts';
import { reserve } from './reservation.ts';
import { transition } from '../transition.ts';

const ONE = { id: 'g1', provider: 'allegro', account: ACCOUNT } as const;
const LIMITS = { account: 50, provider: 50 };

test('the limit starts at one and grows with every accepted submit, up to what is configured', async () => {
  const { store } = openTestLedger();
  expect((await accountState(store, ACCOUNT)).limit).toBe(1);
  for (let accepted = 0; accepted < 10; accepted += 1) await learnAccepted(store, ONE, { configured: 5 });
  expect(await accountState(store, ACCOUNT)).toMatchObject({ limit: 5, refused: false });
});

test('a limit that has grown wakes the gates of its account, and one that stays wakes none', async () => {
  const { store, redis, connect } = openTestLedger();
  const listener = connect();
  onTestFinished(() => listener.disconnect());
  const { wake } = shardOf(store, ACCOUNT).keys;
  const heard: string[] = [];
  const end = new Promise((resolve) => {
    listener.on('message', (_channel, text) => (text === 'end' ? resolve(text) : heard.push(text)));
  });
  await listener.subscribe(wake);
  for (let accepted = 0; accepted < 5; accepted += 1) await learnAccepted(store, ONE, { configured: 3 });
  await redis.publish(wake, 'end');
  await end;
  expect(heard).toEqual([ACCOUNT, ACCOUNT]);
});

test('a worker that may use less of an account lowers the limit of the others by nothing', async () => {
  const { store } = openTestLedger();
  for (let accepted = 0; accepted < 10; accepted += 1) await learnAccepted(store, ONE, { configured: 20 });
  await learnAccepted(store, ONE, { configured: 5 });
  expect((await accountState(store, ACCOUNT)).limit).toBe(11);
});

test('a refusal sets the limit to what is accepted and not ended, once for a wave, and probes slowly from there', async () => {
  const { store, redis } = openTestLedger();
  for (let accepted = 0; accepted < 7; accepted += 1) await learnAccepted(store, ONE, { configured: 50 });
  await redis.zadd(store.keys.slots(ACCOUNT), 1, 'a', 1, 'b', 1, 'c', 1, 'd', 1, 'e', 1, 'refused1', 1, 'refused2');
  await redis.zadd(store.keys.intents(ACCOUNT), 1, 'refused1', 1, 'refused2');
  const sentAt = Date.now();
  await learnFull(store, ACCOUNT, sentAt);
  expect(await accountState(store, ACCOUNT)).toMatchObject({ limit: 5, refused: true });
  await redis.zrem(store.keys.slots(ACCOUNT), 'a', 'b');
  await learnFull(store, ACCOUNT, sentAt - 1);
  expect((await accountState(store, ACCOUNT)).limit).toBe(5);

  for (let accepted = 0; accepted < 9; accepted += 1) await learnAccepted(store, ONE, { configured: 50 });
  expect((await accountState(store, ACCOUNT)).limit).toBe(5);
  await learnAccepted(store, ONE, { configured: 50 });
  expect((await accountState(store, ACCOUNT)).limit).toBe(6);
  for (let accepted = 0; accepted < 20; accepted += 1) await learnAccepted(store, ONE, { configured: 6 });
  expect((await accountState(store, ACCOUNT)).limit, 'never above what is configured').toBe(6);
});

test('an acceptance that is written after the refusal of a submit beside it raises the limit to what is accepted and not ended', async () => {
  const { store, redis } = openTestLedger();
  for (let accepted = 0; accepted < 7; accepted += 1) await learnAccepted(store, ONE, { configured: 50 });
  await redis.zadd(store.keys.slots(ACCOUNT), 1, 'a', 1, 'b', 1, 'late1', 1, 'late2', 1, 'refused');
  await redis.zadd(store.keys.intents(ACCOUNT), 1, 'late1', 1, 'late2', 1, 'refused');
  await learnFull(store, ACCOUNT, Date.now());
  expect((await accountState(store, ACCOUNT)).limit).toBe(2);
  const refusedAt = Number(await redis.hget(store.keys.account(ACCOUNT), 'changedAt'));

  await redis.zrem(store.keys.intents(ACCOUNT), 'late1', 'refused');
  await redis.zrem(store.keys.slots(ACCOUNT), 'refused');
  await learnAccepted(store, ONE, { configured: 50, sentAt: refusedAt });
  expect((await accountState(store, ACCOUNT)).limit).toBe(3);
  await redis.zrem(store.keys.intents(ACCOUNT), 'late2');
  await learnAccepted(store, ONE, { configured: 50, sentAt: refusedAt + 1 });
  expect((await accountState(store, ACCOUNT)).limit, 'one that was sent later is no part of that wave').toBe(3);
  await learnAccepted(store, ONE, { configured: 3, sentAt: refusedAt });
  expect((await accountState(store, ACCOUNT)).limit, 'never above what is configured').toBe(3);
  await learnAccepted(store, ONE, { configured: 50, sentAt: refusedAt });
  expect(await accountState(store, ACCOUNT)).toMatchObject({ limit: 4, refused: true });
  await redis.zrem(store.keys.slots(ACCOUNT), 'a', 'b');
  await learnAccepted(store, ONE, { configured: 50, sentAt: refusedAt });
  expect((await accountState(store, ACCOUNT)).limit, 'what has ended since lowers nothing').toBe(4);
});

test('a refused probe is repeated half as often', async () => {
  const { store, redis } = openTestLedger();
  await learnFull(store, ACCOUNT, Date.now());
  for (let accepted = 0; accepted < 10; accepted += 1) await learnAccepted(store, ONE, { configured: 50 });
  expect((await accountState(store, ACCOUNT)).limit).toBe(2);
  await redis.zadd(store.keys.slots(ACCOUNT), 1, 'a');
  await learnFull(store, ACCOUNT, Date.now() + 60_000);
  for (let accepted = 0; accepted < 19; accepted += 1) await learnAccepted(store, ONE, { configured: 50 });
  expect((await accountState(store, ACCOUNT)).limit).toBe(1);
  await learnAccepted(store, ONE, { configured: 50 });
  expect((await accountState(store, ACCOUNT)).limit).toBe(2);
});

test('three doubts in a row open the breaker, an answer between them does not', async () => {
  const { store } = openTestLedger();
  await learnDoubt(store, ACCOUNT, 's1');
  await learnDoubt(store, ACCOUNT, 's2');
  await learnAnswered(store, ACCOUNT);
  expect(await learnDoubt(store, ACCOUNT, 's3')).toBe(false);
  expect(await learnDoubt(store, ACCOUNT, 's3')).toBe(false);
  expect(await learnDoubt(store, ACCOUNT, 's4')).toBe(false);
  expect(await learnDoubt(store, ACCOUNT, 's5')).toBe(true);
  expect(await learnDoubt(store, ACCOUNT, 's6'), 'it is open').toBe(false);
  await accept(store, 'b', [newGeneration('g1')]);
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r' })).toMatchObject({ go: false, why: 'broken' });
});

test('an answer that was asked for before a doubt does not end it: an outage has begun between the two', async () => {
  const { store, redis } = openTestLedger();
  await learnDoubt(store, ACCOUNT, 's1');
  const doubtAt = Number(await redis.hget(store.keys.account(ACCOUNT), 'doubtAt'));
  await learnAccepted(store, ONE, { configured: 50, sentAt: doubtAt - 1 });
  await learnAnswered(store, ACCOUNT, doubtAt);
  expect((await accountState(store, ACCOUNT)).doubts).toBe(1);
  await learnAccepted(store, ONE, { configured: 50, sentAt: doubtAt + 1 });
  expect((await accountState(store, ACCOUNT)).doubts).toBe(0);
});

test('only a free answer closes the breaker, not before its time, and one more doubt opens it again', async () => {
  const { store } = openTestLedger();
  await accept(store, 'b', [newGeneration('g1')]);
  for (const submit of ['s1', 's2', 's3']) await learnDoubt(store, ACCOUNT, submit);
  expect(await learnAlive(store, ACCOUNT, 60_000)).toBe(false);
  expect(await learnAlive(store, ACCOUNT, 0)).toBe(true);
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r' })).toEqual({ go: true, queued: 1 });
  expect(await learnDoubt(store, ACCOUNT, 's4')).toBe(true);
});

test('a breaker that opens again at once stays open for twice as long', async () => {
  const { store, redis } = openTestLedger();
  for (const submit of ['s1', 's2', 's3']) await learnDoubt(store, ACCOUNT, submit);
  const openedAgo = (ms: number) => redis.hset(store.keys.account(ACCOUNT), 'openSince', Date.now() - ms);
  await openedAgo(90_000);
  expect(await learnAlive(store, ACCOUNT, 60_000)).toBe(true);
  await learnDoubt(store, ACCOUNT, 's4');
  await openedAgo(90_000);
  expect(await learnAlive(store, ACCOUNT, 60_000)).toBe(false);
  await openedAgo(121_000);
  expect(await learnAlive(store, ACCOUNT, 60_000)).toBe(true);
  await learnAnswered(store, ACCOUNT);
  for (const submit of ['s5', 's6', 's7']) await learnDoubt(store, ACCOUNT, submit);
  await openedAgo(90_000);
  expect(await learnAlive(store, ACCOUNT, 60_000), 'a submit was answered in between').toBe(true);
});

test('no more submits are unanswered at once than would open the breaker', async () => {
  const { store, redis } = openTestLedger();
  for (let accepted = 0; accepted < 20; accepted += 1) await learnAccepted(store, ONE, { configured: 50 });
  await accept(store, 'b', [newGeneration('g1')]);
  await redis.zadd(store.keys.intents(ACCOUNT), Date.now() + 9_000, 'a', Date.now() + 9_000, 'b');
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r1' })).toEqual({ go: true, queued: 1 });
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r2' })).toMatchObject({ go: false, why: 'unanswered' });
});

test('an accepted submit ends a pause for want of balance, and no other pause', async () => {
  const { store } = openTestLedger();
  await pause(store, `account:${ACCOUNT}`, { reason: 'empty', kind: 'quota', polls: false });
  await pause(store, 'operator:allegro', { reason: 'lunch', kind: 'operator', polls: false });
  await learnAccepted(store, ONE, { configured: 50 });
  expect((await pauses(store)).map(({ scope }) => scope)).toEqual(['operator:allegro']);
});

test('a task that is past its deadline, and may never end, keeps a full account from nothing: it is asked again after a wait', async () => {
  const ledger = openTestLedger();
  const { store } = ledger;
  await accept(store, 'b', ['g1', 'g2'].map((id) => newGeneration(id)));
  const generation = await ledger.generation('g1');
  await transition(store, generation, { from: ['queued'], to: 'submitting', by: 's', admission: { reservation: '', limit: 50, limitOfProvider: 50, judgeAfterMs: 60_000 } });
  await transition(store, generation, { from: ['submitting'], to: 'rendering', by: 's', slotUntil: Date.now() + 60_000 });
  expect(await learnFull(store, ACCOUNT, Date.now())).toBe(1);
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r1' })).toMatchObject({ go: false, why: 'full' });
  await transition(store, generation, { from: ['rendering'], to: 'overdue', by: 'p' });
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r2' })).toMatchObject({ go: true });
  // Pages and alerts call it full when a reservation does.
  const learned = await accountState(store, ACCOUNT);
  expect([mostSlots(learned, 50), mostSlots(learned, 1)]).toEqual([2, 1]);
  expect(await learnFull(store, ACCOUNT, Date.now() + 60_000)).toBe(0);
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: { account: 1, provider: 1 }, token: 'r3' }), 'what is configured holds').toMatchObject({ go: false, why: 'full' });
});

test('an acceptance ends neither the rest nor the pause that a refusal has begun after it was sent', async () => {
  const { store, redis } = openTestLedger();
  await accept(store, 'b', [newGeneration('g1')]);
  await coolDown(store, ACCOUNT, { firstMs: 1_000, maxMs: 60_000 }, 600_000);
  await pause(store, `account:${ACCOUNT}`, { reason: 'empty', kind: 'quota', polls: false });
  const cooledAt = Number(await redis.hget(store.keys.account(ACCOUNT), 'cooledAt'));
  await learnAccepted(store, ONE, { configured: 50, sentAt: cooledAt });
  expect(await pauses(store)).toHaveLength(1);
  expect(await cooldownLeft(store, ACCOUNT)).toBeGreaterThan(500_000);
  await learnAccepted(store, ONE, { configured: 50, sentAt: cooledAt + 60_000 });
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'r' })).toEqual({ go: true, queued: 1 });
});
