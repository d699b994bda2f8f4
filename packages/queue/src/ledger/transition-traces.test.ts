/** What a transition leaves beside the state: marks for webhooks, lists that the sweep and retention go through, history, the base of a deadline. */
import { expect, test } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { readMarks } from '../webhooks/mark.ts';
import { resume } from './account/pauses.ts';
import { pollsPausedFor } from './account/poll-pauses.ts';
import { type Change, transition } from './transition.ts';

const FAIL: Change = { from: ['queued'], to: 'failed', by: '1.f' };
const AGAIN: Change = { from: ['failed'], to: 'queued', by: '1.q' };

async function openLedger(): Promise<TestLedger & { go: (...changes: Change[]) => Promise<void> }> {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  const go = async (...changes: Change[]): Promise<void> => {
    for (const change of changes) expect(await transition(ledger.store, generation, change)).toMatchObject({ outcome: 'won' });
  };
  return { ...ledger, go };
}

test('a second failure in the same round is told as another event', async () => {
  const { store, go } = await openLedger();
  await go(FAIL, AGAIN, { ...FAIL, by: '1.f2' });
  const marks = await readMarks(store, store.keys.outbox, 10);
  expect(marks.map(({ read }) => read)).toEqual([1, 2].map(() => ({ of: 'generation', id: 'g1', round: 1, state: 'failed' })));
});

test('nobody is told of the end of what nobody was told had been accepted', async () => {
  const { store, go } = await openLedger();
  await go({ from: ['queued'], to: 'canceled', by: '1.p', untold: true });
  expect(await readMarks(store, store.keys.outbox, 10)).toEqual([]);
});

test('what has ended is in the list of retention alone, and what goes on again in that of the sweep alone', async () => {
  const { store, redis, go } = await openLedger();
  const lists = async () => ({ live: await redis.zrange(store.keys.live, '0', '-1'), ended: await redis.zrange(store.keys.ended, '0', '-1') });
  await go(FAIL);
  expect(await lists()).toEqual({ live: [], ended: ['g1'] });
  await go(AGAIN);
  expect(await lists()).toEqual({ live: ['g1'], ended: [] });
});

test('the history keeps its newest fifty entries', async () => {
  const { go, generation } = await openLedger();
  for (let turn = 0; turn < 30; turn += 1) await go({ ...FAIL, by: `1.f${turn}`, note: `no ${turn}` }, { ...AGAIN, by: `1.q${turn}`, note: `again ${turn}` });
  const { history } = await generation('g1');
  // The first is made of the time of creation.
  expect(history).toHaveLength(51);
  expect(history.at(-1)).toMatchObject({ state: 'queued', note: 'again 29' });
});

test('a deadline counts from when it was set: the time for which polls were paused before does not put it off', async () => {
  const { store, redis, go, generation } = await openLedger();
  await redis.hset(store.keys.pollPauses, 'allegro', 3_600_000);
  await go({ ...FAIL, patch: { deadlineAt: Date.now() } });
  expect((await generation('g1')).pausedBase).toBe(3_600_000);
});

test('a deadline that is set while polls are paused waits for the rest of the pause alone', async () => {
  const { store, redis, go, generation } = await openLedger();
  await redis.hset(store.keys.pauses, 'operator:allegro', `${Date.now() - 3_600_000}|1|operator|lunch`);
  await go({ ...FAIL, patch: { deadlineAt: Date.now() } });
  const { pausedBase } = await generation('g1');
  expect(pausedBase).toBeGreaterThan(3_599_000);
  await resume(store, 'allegro', []);
  expect((await pollsPausedFor(store, { provider: 'allegro', account: ACCOUNT })) - pausedBase).toBeLessThan(60_000);
});
