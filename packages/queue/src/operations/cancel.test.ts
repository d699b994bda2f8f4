import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { note } from '../ledger/note.ts';
import { cancelGeneration } from './cancel.ts';
import { retryGeneration } from './retry.ts';

test('what was seen in an earlier go is not canceled, though it is in the same state again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  const seen = await ledger.generation('g1');
  await cancelGeneration(ledger, 'g1');
  await retryGeneration(ledger, 'g1', { mayPay: true, byId: true });
  expect(await cancelGeneration(ledger, 'g1', { seen })).toMatchObject({ outcome: 'refused' });
  const again = await ledger.generation('g1');
  expect(again).toMatchObject({ state: 'queued', round: 2 });
  expect(await cancelGeneration(ledger, 'g1', { seen: again })).toMatchObject({ outcome: 'canceled' });
});

test('a cancel of what was put back, and of which a callback has named a task since, does not say that nothing was paid', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  await note(ledger.store, await ledger.generation('g1'), { offer: 'task-1' });
  expect(await cancelGeneration(ledger, 'g1')).toMatchObject({ outcome: 'canceled', message: 'canceled; nothing more is paid, but an earlier submit may be billed' });
});
