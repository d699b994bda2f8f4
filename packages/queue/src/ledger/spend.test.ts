/** What a batch is said to have cost: each round once, whatever is told again, and all rounds of a generation together. */
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { encodeBill, estimatedCost, spendIn, sumOfSpend } from '../spend/bill.ts';
import { transition } from './transition.ts';

test('a round is billed once, however often its file is fetched, and a second round is added to the first', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  const bill = encodeBill({ micros: 700_000, currency: 'USD', basis: 'price', model: 'm' });
  const spent = async () => spendIn(await ledger.redis.hgetall(ledger.store.keys.batch('b')));
  const go = (from: Parameters<typeof transition>[2]['from'], to: 'queued' | 'submitting' | 'downloading' | 'failed', by: string, round?: number) =>
    transition(ledger.store, generation, { from, to, by, patch: { bill, ...(round === undefined ? {} : { round }) }, ...(to === 'submitting' ? { admission: ADMISSION } : {}) });

  await go(['queued'], 'submitting', '1.a');
  await go(['submitting'], 'downloading', '1.a');
  await go(['downloading'], 'failed', '1.a');
  await go(['failed'], 'downloading', '1.b');
  expect(await spent()).toEqual([{ model: 'm', currency: 'USD', amount: 0.7 }]);

  await go(['downloading'], 'failed', '1.b');
  await go(['failed'], 'queued', '2.p', 2);
  await go(['queued'], 'submitting', '2.a');
  expect(await spent()).toEqual([{ model: 'm', currency: 'USD', amount: 1.4 }]);
  expect(estimatedCost((await ledger.generation('g1')).bill)).toMatchObject({ amount: 1.4, currency: 'USD' });

  const inYuan = encodeBill({ micros: 2_000_000, currency: 'CNY', basis: 'price', model: 'm' });
  await go(['submitting'], 'failed', '2.b');
  await go(['failed'], 'queued', '3.p', 3);
  await transition(ledger.store, generation, { from: ['queued'], to: 'submitting', by: '3.a', patch: { bill: inYuan }, admission: ADMISSION });
  expect(estimatedCost((await ledger.generation('g1')).bill), 'of one currency alone').toMatchObject({ amount: 2, currency: 'CNY' });
});

test('what several shards were told of is one sum for each model and currency', () => {
  const parts = [{ 'spend|USD|m': '700000', 'n:failed': '1' }, {}, { 'spend|CNY|m': '200000', 'spend|USD|m': '300000' }].map(spendIn);
  expect(sumOfSpend(parts)).toEqual([{ model: 'm', currency: 'USD', amount: 1 }, { model: 'm', currency: 'CNY', amount: 0.2 }]);
});

const ADMISSION = { reservation: 'none', limit: 5, limitOfProvider: 5, judgeAfterMs: 1_000 };
