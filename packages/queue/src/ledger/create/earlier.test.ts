/** Generations created in the state that a manifest tells of: never queued, counted right, indexed where their state belongs. */
import { expect, test } from 'vitest';
import { accept, ACCOUNT, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { createGenerations } from './create.ts';
import type { NewGeneration } from './intake.ts';
import type { Earlier } from './earlier.ts';
import { batchIds, readBatch } from '../batches.ts';
import { reserve } from '../account/reservation.ts';
import { countsOf, slotsTaken, unknownIds } from '../read.ts';
import { monthOf, monthsAround, singleIds, singleMonths } from '../singles.ts';

const END = { at: 1_750_000_002_000, state: 'succeeded', note: 'read back' } as const;

function earlier(id: string, state: Earlier['state'], more: Partial<Earlier> = {}): NewGeneration {
  const patch = { round: 2, attempts: 3, createdAt: 1_750_000_000_000, task: { id: `t-${id}` }, taskKey: `t-${id}` };
  return newGeneration(id, { earlier: { state, patch, history: [END], ...more } });
}

const intake = (items: NewGeneration[], batch: string | null = 'b') => ({ batch, lane: 'b', attended: false, items });

test('they are in their state, their place and their counters, and only what may go on is alive', async () => {
  const ledger = openTestLedger();
  const { store, redis } = ledger;
  const items = [newGeneration('first'), earlier('done', 'succeeded'), earlier('late', 'overdue', { slotUntil: Date.now() + 60_000 }), newGeneration('last')];
  expect(await createGenerations(store, intake(items))).toMatchObject({ created: ['first', 'done', 'late', 'last'] });
  expect(await batchIds(store, 'b')).toEqual(['first', 'done', 'late', 'last']);
  expect(await readBatch(store, 'b')).toMatchObject({ total: 4, counts: { queued: 2, succeeded: 1, overdue: 1 }, finishedAt: null });
  expect(await countsOf(store, 'allegro')).toMatchObject({ queued: 2, succeeded: 1, overdue: 1 });
  expect(await ledger.generation('done')).toMatchObject({ state: 'succeeded', seq: 1, round: 2, attempts: 3, createdAt: 1_750_000_000_000, taskKey: 't-done', history: [{ state: 'queued' }, END] });
  expect(await redis.zrange(store.keys.live, '0', '-1')).toEqual(expect.arrayContaining(['first', 'last', 'late']));
  expect(await redis.zrange(store.keys.ended, '0', '-1')).toEqual(['done']);
  expect(await slotsTaken(store, ACCOUNT)).toBe(1);
  expect(await redis.hget(store.keys.tasks(ACCOUNT), 't-done')).toBe('done');
  // They wait for nothing, so they take no turn from those who do.
  expect((await ledger.generation('last')).turn).toBe((await ledger.generation('first')).turn + 1);
});

test('a task that is past its deadline keeps its slot, and a ledger that knows nothing of the account yet from no submit', async () => {
  const { store } = openTestLedger();
  await createGenerations(store, intake([earlier('late', 'overdue', { slotUntil: Date.now() + 60_000 }), newGeneration('next')]));
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: { account: 50, provider: 50 }, token: 'r1' })).toMatchObject({ go: true });
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: { account: 1, provider: 1 }, token: 'r2' })).toMatchObject({ go: false, why: 'full' });
});

test('a batch of which all have ended is finished, also when it is larger than a chunk, and again when it is called twice', async () => {
  const { store } = openTestLedger();
  const items = Array.from({ length: 600 }, (_, at) => earlier(`g${at}`, at % 2 === 0 ? 'succeeded' : 'failed'));
  expect(await createGenerations(store, intake(items))).toMatchObject({ outcome: 'accepted', known: [] });
  const batch = await readBatch(store, 'b');
  expect(batch).toMatchObject({ total: 600, counts: { queued: 0, succeeded: 300, failed: 300 }, revision: 1 });
  expect(batch?.finishedAt).not.toBeNull();
  expect(await createGenerations(store, intake(items))).toMatchObject({ created: [], known: expect.objectContaining({ length: 600 }) });
  expect(await readBatch(store, 'b')).toMatchObject({ total: 600, revision: 1 });
});

test('what the ledger knows stays as it is', async () => {
  const ledger = openTestLedger();
  const { store } = ledger;
  await accept(store, 'b', [newGeneration('g1')]);
  expect(await unknownIds(store, ['g1', 'g2'])).toEqual(['g2']);
  expect(await createGenerations(store, intake([earlier('g1', 'failed')]))).toMatchObject({ known: ['g1'] });
  expect(await ledger.generation('g1')).toMatchObject({ state: 'queued', round: 1 });
});

test('a task that another generation has is not taken from it', async () => {
  const { store, redis } = openTestLedger();
  await redis.hset(store.keys.tasks(ACCOUNT), 't-done', 'other');
  await createGenerations(store, intake([earlier('done', 'succeeded')]));
  expect(await redis.hget(store.keys.tasks(ACCOUNT), 't-done')).toBe('other');
});

test('singles are listed by the month of their creation, and a batch is not among them', async () => {
  const ledger = openTestLedger();
  const { store } = ledger;
  await createGenerations(store, intake([newGeneration('s1'), newGeneration('s2')], null));
  await createGenerations(store, intake(Array.from({ length: 300 }, (_, at) => newGeneration(`many${at}`)), null));
  await accept(store, 'b', [newGeneration('g1')]);
  const month = monthOf((await ledger.generation('s1')).createdAt);
  expect(await singleMonths(store)).toEqual([month]);
  const ids = await singleIds(store, month);
  expect(ids.slice(0, 3)).toEqual(['s1', 's2', 'many0']);
  expect(ids).toHaveLength(302);
});

test('the months around the turn of a year are told apart', () => {
  const january = Date.UTC(2025, 0, 31, 23, 59);
  expect(monthsAround(january)).toEqual({ names: ['2024-12', '2025-01', '2025-02'], start: Date.UTC(2025, 0, 1), next: Date.UTC(2025, 1, 1) });
});
