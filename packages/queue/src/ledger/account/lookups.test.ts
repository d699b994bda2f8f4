import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import { learnLookup, lookupsOf } from './lookups.ts';

test('that the look-ups of one provider work says nothing of another one on the same account', async () => {
  const { store } = openTestLedger();
  const account = 'acedata@https://upstream.example';
  await learnLookup(store, account, 'hailuo', 'foundBefore');
  await learnLookup(store, account, 'hailuo', 'nonceSeen');
  expect(await lookupsOf(store, account, 'hailuo')).toEqual({ foundBefore: true, nonceSeen: true });
  expect(await lookupsOf(store, account, 'pika')).toEqual({ foundBefore: false, nonceSeen: false });
});
