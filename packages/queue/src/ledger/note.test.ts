/** What is written down without a change of state: only where the generation is still as it was seen. */
import { expect, test } from 'vitest';
import { accept, ACCOUNT, ADMISSION, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { learn } from './learn.ts';
import { endTask, flag, hold, note } from './note.ts';
import { slotsTaken } from './read.ts';
import { transition } from './transition.ts';

async function openRendering() {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await learn(ledger.store, await ledger.generation('g1'), { round: 1, task: { id: 't1' }, taskKey: 't1', by: '1.a', patch: {}, note: '', slotUntil: Date.now() + 3_600_000 });
  return { ...ledger, seen: await ledger.generation('g1') };
}

test('a worker that was paused for long writes nothing into what has moved on', async () => {
  const { store, seen, generation } = await openRendering();
  expect(await note(store, seen, { polls: 7 })).toBe(true);
  expect(await note(store, { ...seen, seq: seen.seq - 1 }, { polls: 8 })).toBe(false);
  await transition(store, seen, { from: ['rendering'], to: 'overdue', by: '1.p' });
  expect(await note(store, seen, { polls: 9 })).toBe(false);
  expect((await generation('g1')).polls).toBe(7);
});

test('a wish that comes too late for a state is not noted', async () => {
  const { store, generation } = await openRendering();
  expect(await flag(store, 'g1', ['submitting', 'ambiguous'], { cancelRequested: true })).toBe(false);
  expect((await generation('g1')).cancelRequested).toBeUndefined();
});

test('what was queued when it was looked at, and is being sent by now, is not held, and what is held is not sent', async () => {
  const { store, redis, generation } = openTestLedger(undefined, 1);
  await accept(store, 'b', [newGeneration('g1'), newGeneration('g2')]);
  const [sent, waiting] = [await generation('g1'), await generation('g2')];
  const submitting = await transition(store, sent, { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  // Only the state tells.
  expect(submitting).toMatchObject({ outcome: 'won', seq: sent.seq });
  const before = { ...waiting, seq: waiting.seq - 1 };
  expect([await hold(store, sent, 'origin'), await hold(store, before, 'origin'), await hold(store, waiting, 'origin')]).toEqual([false, false, true]);
  expect(await transition(store, waiting, { from: ['queued'], to: 'submitting', by: '1.b', admission: ADMISSION })).toEqual({ outcome: 'refused', reason: 'held' });
  expect(await redis.smembers(store.keys.held(ACCOUNT))).toEqual(['g2']);
  expect((await generation('g1')).held).toBeUndefined();
  await transition(store, waiting, { from: ['queued'], to: 'canceled', by: '1.p' });
  expect(await redis.smembers(store.keys.held(ACCOUNT)), 'nor is it held once it has ended').toEqual([]);
});

test('the end of a canceled task frees its slot, and takes none from one that a person has retried meanwhile', async () => {
  const { store, redis, seen, generation } = await openRendering();
  await transition(store, seen, { from: ['rendering'], to: 'canceled', by: '1.p', keepsTask: true });
  await transition(store, seen, { from: ['canceled'], to: 'rendering', by: '1.q' });
  await endTask(store, seen);
  expect(await slotsTaken(store, ACCOUNT)).toBe(1);
  expect((await generation('g1')).taskEndedAt).toBeUndefined();
  await transition(store, seen, { from: ['rendering'], to: 'canceled', by: '1.r', keepsTask: true });
  await endTask(store, seen);
  expect(await slotsTaken(store, ACCOUNT)).toBe(0);
  expect(await redis.zcard(store.keys.slotsOf(ACCOUNT, 'allegro'))).toBe(0);
  const { live, ended } = store.keys;
  expect([await redis.zrange(live, '0', '-1'), await redis.zrange(ended, '0', '-1')], 'for retention, and no more for the sweep').toEqual([[], ['g1']]);
});
