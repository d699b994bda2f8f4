import { expect, onTestFinished, test, vi } from 'vitest';
import { accept, keysOfLedger, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { createGenerations } from './create.ts';
import { batchIds, readBatch } from '../batches.ts';
import { countsOf, readGeneration } from '../read.ts';
import { submitPriority } from '../../queues/names.ts';

const many = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => newGeneration(`g${from + at}`));

test('a batch larger than a chunk is accepted whole, in the order of its lines, and leaves nothing of its intake', async () => {
  const ledger = openTestLedger();
  const { store } = ledger;
  const items = many(0, 1_200);
  const result = await createGenerations(store, { batch: 'big', lane: 'big', attended: false, items });
  expect(result).toMatchObject({ outcome: 'accepted', known: [] });
  expect(await batchIds(store, 'big')).toEqual(items.map(({ id }) => id));
  expect(await readBatch(store, 'big')).toMatchObject({ total: 1_200, counts: { queued: 1_200 } });
  expect((await countsOf(store, 'allegro')).queued).toBe(1_200);
  expect((await keysOfLedger(ledger)).filter((key) => /:in(:|takes$)/.test(key))).toEqual([]);
});

test('the same work again is known and nothing is created', async () => {
  const { store } = openTestLedger();
  await accept(store, 'b', many(0, 600));
  const again = await createGenerations(store, { batch: 'b', lane: 'b', attended: false, items: many(0, 601) });
  expect(again).toMatchObject({ outcome: 'accepted', created: ['g600'] });
  expect(await readBatch(store, 'b')).toMatchObject({ total: 601 });
});

test('the same request twice in one intake is one generation', async () => {
  const { store } = openTestLedger();
  const result = await createGenerations(store, { batch: 'b', lane: 'b', attended: false, items: [...many(0, 2), ...many(0, 1)] });
  expect(result).toMatchObject({ outcome: 'accepted', created: ['g0', 'g1'], known: ['g0'] });
  expect(await readBatch(store, 'b')).toMatchObject({ total: 2, counts: { queued: 2 } });
  const large = await createGenerations(store, { batch: 'large', lane: 'large', attended: false, items: [...many(2, 303), ...many(2, 3)] });
  const ids = many(2, 303).map(({ id }) => id);
  expect(large, 'so far apart that they are written by two scripts').toMatchObject({ outcome: 'accepted', created: ids, known: ['g2'] });
});

test('a large intake whose scripts a lost connection sends twice is accepted whole', async () => {
  const { store } = openTestLedger(undefined, 1);
  const once = store.redis.evalsha.bind(store.redis) as (...args: unknown[]) => Promise<unknown>;
  const twice = vi.spyOn(store.redis, 'evalsha').mockImplementation(async (...args: unknown[]) => {
    await once(...args);
    return once(...args);
  });
  onTestFinished(() => twice.mockRestore());
  expect(await createGenerations(store, { batch: 'b', lane: 'b', attended: false, items: many(0, 300) })).toMatchObject({ outcome: 'accepted' });
  expect(await readBatch(store, 'b')).toMatchObject({ total: 300, counts: { queued: 300 } });
});

test('an id with another request refuses everything', async () => {
  const { store } = openTestLedger();
  await accept(store, 'b', [newGeneration('mine')]);
  const items = [newGeneration('new'), newGeneration('mine', { fingerprint: 'other' })];
  expect(await createGenerations(store, { batch: 'b', lane: 'b', attended: false, items })).toEqual({ outcome: 'conflict', ids: ['mine'] });
  expect(await readGeneration(store, 'new')).toBeNull();
});

test('ids with other requests are all told, in whatever part of a large batch each is, and nothing that the batch has written is left', async () => {
  const ledger = openTestLedger();
  const { store } = ledger;
  const taken = ['g10', 'g300', 'g590'];
  await accept(store, 'b', taken.map((id) => newGeneration(id)));
  const items = many(0, 600).map((item) => (taken.includes(item.id) ? { ...item, fingerprint: 'other' } : item));
  const result = await createGenerations(store, { batch: 'b', lane: 'b', attended: false, items });
  expect(result).toMatchObject({ outcome: 'conflict' });
  expect('ids' in result ? result.ids.toSorted() : []).toEqual(taken);
  expect(await readBatch(store, 'b')).toMatchObject({ total: 3 });
  expect((await keysOfLedger(ledger)).filter((key) => /:in(:|takes$)|:g:/.test(key))).toHaveLength(taken.length);
});

test('the id of another batch is refused as well', async () => {
  const { store } = openTestLedger();
  await accept(store, 'one', [newGeneration('mine')]);
  const items = [newGeneration('mine', { fingerprint: 'other' })];
  expect(await createGenerations(store, { batch: 'two', lane: 'two', attended: false, items })).toMatchObject({ outcome: 'conflict' });
});

test('what a crash left of an unsealed intake is invisible, and the next intake takes its place', async () => {
  const { store, redis } = openTestLedger();
  await redis.hset(store.keys.generation('g1'), { state: 'queued', fingerprint: 'f-old', createdAt: 1, metadata: '{"of":"the crash"}' });
  expect(await readGeneration(store, 'g1')).toBeNull();
  expect(await createGenerations(store, { batch: 'b', lane: 'b', attended: false, items: [newGeneration('g1')] })).toMatchObject({ created: ['g1'] });
  expect((await readGeneration(store, 'g1'))?.metadata, 'nothing is left of what was there').toBeNull();
});

test('two intakes of one batch cannot mix', async () => {
  // Over several shards an intake holds its ids instead (create-across.test.ts).
  const { store, redis } = openTestLedger(undefined, 1);
  await accept(store, 'b', [newGeneration('first')]);
  await redis.hset(store.keys.batch('b'), { intake: 'another', intakeAt: Date.now() });
  const ask = () => createGenerations(store, { batch: 'b', lane: 'b', attended: false, items: [newGeneration('g1')] });
  expect(await ask()).toEqual({ outcome: 'busy' });
  await redis.hset(store.keys.batch('b'), { intakeAt: Date.now() - 61_000 });
  expect(await ask(), 'after a minute: whoever holds it has died').toMatchObject({ outcome: 'accepted' });
});

test('turns are fair: lanes alternate, order inside a lane is strict, a higher priority goes first', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'long', ['a1', 'a2', 'a3'].map((id) => newGeneration(id)));
  await accept(ledger.store, 'short', [newGeneration('b1')]);
  await accept(ledger.store, 'urgent', [newGeneration('u1', { priority: 3 })]);
  const all = await Promise.all(['a1', 'a2', 'a3', 'b1', 'u1'].map((id) => ledger.generation(id)));
  const order = all.toSorted((x, y) => submitPriority(x.priority, x.turn) - submitPriority(y.priority, y.turn)).map(({ id }) => id);
  expect(order).toEqual(['u1', 'a1', 'b1', 'a2', 'a3']);
});

test('what Redis comes to do later than anybody waits is not done: one alone, and the seal of many', async () => {
  const { store } = openTestLedger();
  const late = { lane: 'key', attended: false, withinMs: -1 };
  expect(await createGenerations(store, { ...late, batch: null, items: [newGeneration('alone')] })).toEqual({ outcome: 'busy' });
  expect(await createGenerations(store, { ...late, batch: 'many', items: Array.from({ length: 300 }, (_, at) => newGeneration(`many-${at}`)) })).toEqual({ outcome: 'busy' });
  expect(await store.redis.zcard(store.keys.all)).toBe(0);
  expect(await createGenerations(store, { ...late, withinMs: 60_000, batch: null, items: [newGeneration('alone')] })).toMatchObject({ outcome: 'accepted', created: ['alone'] });
});

test('of two large batches that bring the same ids at once one is accepted, and the other is not taken for it', async () => {
  const { store } = openTestLedger(undefined, 1);
  const ask = (batch: string) => createGenerations(store, { batch, lane: batch, attended: false, items: many(0, 600).map((item) => ({ ...item, fingerprint: `${batch} ${item.id}` })) });
  const names = ['one', 'two'];
  const outcomes = await Promise.all(names.map(async (batch) => (await ask(batch)).outcome));
  expect(outcomes.toSorted()).toEqual(['accepted', 'busy']);
  const [winner = '', loser = ''] = outcomes[0] === 'accepted' ? names : names.toReversed();
  expect(await readBatch(store, winner)).toMatchObject({ total: 600, counts: { queued: 600 } });
  expect(await readBatch(store, loser)).toBeNull();
  expect((await readGeneration(store, 'g599'))?.batch).toBe(winner);
  expect((await ask(loser)).outcome).toBe('conflict');
});
