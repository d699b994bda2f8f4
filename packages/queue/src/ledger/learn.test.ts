/** Whose task it becomes: a paid one is never dropped, and never taken from another generation, nor for another round. */
import { expect, test } from 'vitest';
import { accept, ACCOUNT, ADMISSION, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { learn } from './learn.ts';
import { hold } from './note.ts';
import { slotsTaken } from './read.ts';
import { transition } from './transition.ts';
import { shardOf } from '../shards/routing.ts';

const LATE = { round: 1, task: { id: 't1' }, taskKey: 't1', by: '1.late', patch: {}, note: 'late', slotUntil: 0 };

test('the task of a submit that was taken for absent is adopted while its generation is queued again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await hold(ledger.store, await ledger.generation('g1'), 'dropped');
  expect(await learn(ledger.store, await ledger.generation('g1'), LATE)).toMatchObject({ outcome: 'adopted' });
  const rendering = await ledger.generation('g1');
  expect(rendering, 'held again, should it fail unbilled').toMatchObject({ state: 'rendering', taskKey: 't1', dropped: true });
  expect(rendering.held).toBeUndefined();
  expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(1);
});

test.each([
  ['submitting', []],
  ['ambiguous', ['ambiguous']],
  ['unresolved', ['ambiguous', 'unresolved']],
] as const)('the task of what is %s by now is adopted, also where the index of tasks names it already', async (state, way) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  await transition(ledger.store, generation, { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  for (const to of way) await transition(ledger.store, generation, { from: [(await ledger.generation('g1')).state], to, by: '1.j' });
  expect((await ledger.generation('g1')).state).toBe(state);
  const { redis, keys } = shardOf(ledger.store, ACCOUNT);
  await redis.hset(keys.tasks(ACCOUNT), 't1', 'g1');
  expect(await learn(ledger.store, generation, LATE)).toMatchObject({ outcome: 'adopted' });
});

test('the task of an earlier round is not adopted by a later one, and is kept beside it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  await transition(ledger.store, generation, { from: ['queued'], to: 'canceled', by: '1.p' });
  await transition(ledger.store, generation, { from: ['canceled'], to: 'queued', by: '2.p', patch: { round: 2 } });
  expect(await learn(ledger.store, generation, LATE)).toMatchObject({ outcome: 'stray', state: 'queued' });
  expect(await ledger.generation('g1')).toMatchObject({ state: 'queued', round: 2, strays: [{ round: 1, taskKey: 't1' }] });
  // No other generation may have it.
  const { redis, keys } = shardOf(ledger.store, ACCOUNT);
  expect(await redis.hget(keys.tasks(ACCOUNT), 't1')).toBe('g1');
});

test('the task of an earlier round that a person has given to this one stays its own, with one slot, when its late answer comes', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  await learn(ledger.store, generation, { ...LATE, by: '2.given' });
  await ledger.redis.hset(shardOf(ledger.store, ACCOUNT).keys.generation('g1'), 'round', 2);
  expect(await learn(ledger.store, generation, LATE)).toMatchObject({ outcome: 'known', state: 'rendering' });
  expect((await ledger.generation('g1')).strays).toBeUndefined();
  expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(1);
});

test('a task that another generation has is not taken from it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1'), newGeneration('g2')]);
  await learn(ledger.store, await ledger.generation('g1'), LATE);
  expect(await learn(ledger.store, await ledger.generation('g2'), LATE)).toMatchObject({ outcome: 'stray', state: 'queued' });
  expect(await ledger.redis.hget(ledger.store.keys.tasks(ACCOUNT), 't1')).toBe('g1');
});

test('the deadline of a task that is adopted while polls are paused waits for the rest of the pause alone', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await ledger.redis.hset(ledger.store.keys.pauses, `account:${ACCOUNT}`, `${Date.now() - 3_600_000}|1|auth|shut`);
  await learn(ledger.store, await ledger.generation('g1'), { ...LATE, patch: { deadlineAt: Date.now() } });
  expect((await ledger.generation('g1')).pausedBase).toBeGreaterThan(3_599_000);
});
