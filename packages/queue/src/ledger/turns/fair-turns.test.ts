import { expect, test } from 'vitest';
import { newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { createGenerations } from '../create/create.ts';
import { transition } from '../transition.ts';

async function accept(ledger: TestLedger, lane: string, count: number, createdBy?: string, from = 0): Promise<void> {
  const items = Array.from({ length: count }, (_, at) => newGeneration(`${lane}-${from + at}`));
  const result = await createGenerations(ledger.store, { batch: lane, lane, attended: false, createdBy, items });
  expect(result.outcome).toBe('accepted');
}

async function turns(ledger: TestLedger, lane: string, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, async (_, at) => (await ledger.generation(`${lane}-${at}`)).turn));
}

async function admit(ledger: TestLedger, ...ids: string[]): Promise<void> {
  const admission = { reservation: 'none', limit: 50, limitOfProvider: 50, judgeAfterMs: 1_000 };
  for (const id of ids) await transition(ledger.store, await ledger.generation(id), { from: ['queued'], to: 'submitting', by: `1.${id}`, admission });
}

test('a lane that comes later begins at the highest turn that was admitted, in whatever order that was', async () => {
  const ledger = openTestLedger();
  await accept(ledger, 'early', 5);
  await admit(ledger, 'early-2', 'early-0');
  await accept(ledger, 'late', 2);
  expect(await turns(ledger, 'late', 2)).toEqual([3, 4]);
});

test('once nobody waits every lane begins anew at the turn that was admitted last', async () => {
  const ledger = openTestLedger();
  await accept(ledger, 'a', 3);
  await admit(ledger, 'a-0', 'a-1', 'a-2');
  await accept(ledger, 'a', 1, undefined, 3);
  expect((await ledger.generation('a-3')).turn).toBe(3);
});

test('a lane of a key that has others in line takes a step for each of them, as far as they reach', async () => {
  const ledger = openTestLedger();
  await accept(ledger, 'long', 10, 'studio');
  await accept(ledger, 'short', 2, 'studio');
  await accept(ledger, 'third', 9, 'studio');
  expect(await turns(ledger, 'long', 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await turns(ledger, 'short', 2)).toEqual([1, 3]);
  // `short` reaches to 5, `long` to 11: steps of three, of two, of one.
  expect(await turns(ledger, 'third', 9)).toEqual([1, 4, 7, 9, 11, 12, 13, 14, 15]);
});

test('lanes of other keys, and those without a key, are not counted', async () => {
  const ledger = openTestLedger();
  await accept(ledger, 'a', 4, 'studio');
  await accept(ledger, 'b', 4, 'web');
  await accept(ledger, 'c', 4);
  await accept(ledger, 'd', 4);
  for (const lane of ['a', 'b', 'c', 'd']) expect(await turns(ledger, lane, 4)).toEqual([1, 2, 3, 4]);
});

test('ten open batches of one key, filled as they go, have the share of one', async () => {
  const ledger = openTestLedger();
  // Opened first, filled afterwards.
  for (let batch = 0; batch < 10; batch += 1) await accept(ledger, `k${batch}`, 1, 'studio');
  for (let round = 0; round < 3; round += 1) for (let batch = 0; batch < 10; batch += 1) await accept(ledger, `k${batch}`, 4, 'studio', 1 + 4 * round);
  await accept(ledger, 'other', 100, 'web');
  const all = (await Promise.all(Array.from({ length: 10 }, (_, batch) => turns(ledger, `k${batch}`, 13)))).flat();
  const last = Math.max(...(await turns(ledger, 'other', 100)));
  expect(last).toBe(100);
  expect(all.filter((turn) => turn <= 100).length).toBeLessThan(140);
  for (let batch = 0; batch < 10; batch += 1) {
    const own = await turns(ledger, `k${batch}`, 13);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
    expect(new Set(own).size).toBe(own.length);
  }
});

test('ten batches that one key opens one after another, before anything moves, have the share of three and not of ten', async () => {
  const ledger = openTestLedger();
  for (let batch = 0; batch < 10; batch += 1) await accept(ledger, `k${batch}`, 100, 'studio');
  await accept(ledger, 'other', 30, 'web');
  expect(Math.max(...(await turns(ledger, 'other', 30)))).toBe(30);
  const before = (await Promise.all(Array.from({ length: 10 }, (_, batch) => turns(ledger, `k${batch}`, 30)))).flat().filter((turn) => turn <= 30);
  // 1 + 1/2 + … + 1/10: what stands in line already keeps its turns.
  expect(before.length).toBeLessThan(3 * 30 + 10);
});

test('what is known of ends is forgotten with the lanes: a key that begins anew begins with a step of one', async () => {
  const ledger = openTestLedger();
  await accept(ledger, 'one', 50, 'studio');
  await ledger.redis.del(ledger.store.keys.lanes('allegro'));
  await accept(ledger, 'two', 3, 'studio');
  expect(await turns(ledger, 'two', 3)).toEqual([1, 2, 3]);
});
