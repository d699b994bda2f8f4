import { expect, test } from 'vitest';
import { beforeScript } from '../../../../test/support/before-script.ts';
import { accept, ADMISSION, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { note } from '../ledger/note.ts';
import { transition } from '../ledger/transition.ts';
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

test('what was seen queued, and is being sent by now, is left as it is: it may cost something', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  const seen = await ledger.generation('g1');
  await transition(ledger.store, seen, { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  expect(await cancelGeneration(ledger, 'g1', { seen })).toMatchObject({ outcome: 'refused', message: 'it changed meanwhile: it is submitting; look again' });
  expect((await ledger.generation('g1')).cancelRequested).toBeUndefined();
});

test('a cancel of what was put back, and of which a callback has named a task since, does not say that nothing was paid', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  await note(ledger.store, await ledger.generation('g1'), { offer: 'task-1' });
  expect(await cancelGeneration(ledger, 'g1')).toMatchObject({ outcome: 'canceled', message: 'canceled; nothing more is paid, but an earlier submit may be billed' });
});

test('what was sent and put back between the look and the cancel is looked at again, and is not said to have cost nothing', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  const wasSent = beforeScript(ledger, 'canceled', async () => {
    await transition(ledger.store, await ledger.generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION, patch: { attempts: 1 } });
    await transition(ledger.store, await ledger.generation('g1'), { from: ['submitting'], to: 'queued', by: '1.a' });
  });
  expect(await cancelGeneration(ledger, 'g1')).toMatchObject({ outcome: 'canceled', message: 'canceled; nothing more is paid, but an earlier submit may be billed' });
  expect(wasSent()).toBe(true);
});

test('a video that was only to be collected is wanted again once a person cancels and retries it, or sends it again', async () => {
  const ledger = openTestLedger();
  const { store, generation } = ledger;
  await accept(store, null, [newGeneration('g1')]);
  await transition(store, await generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  await transition(store, await generation('g1'), { from: ['submitting'], to: 'rendering', by: '1.a', patch: { task: { id: 't1' }, taskKey: 't1' } });

  expect(await cancelGeneration(ledger, 'g1', { collect: true })).toMatchObject({ outcome: 'unwanted' });
  expect(await generation('g1')).toMatchObject({ state: 'rendering', unwanted: true });
  expect(await cancelGeneration(ledger, 'g1')).toMatchObject({ outcome: 'canceled' });
  expect(await retryGeneration(ledger, 'g1', { mayPay: false, byId: true })).toMatchObject({ done: true, plan: 'poll' });
  expect((await generation('g1')).unwanted).toBeUndefined();

  await cancelGeneration(ledger, 'g1', { collect: true });
  const failure = { kind: 'upstream', message: 'Prediction failed', retryable: true };
  await transition(store, await generation('g1'), { from: ['rendering'], to: 'failed', by: '1.a', patch: { failure } });
  expect(await generation('g1')).toMatchObject({ state: 'failed', unwanted: true });
  expect(await retryGeneration(ledger, 'g1', { mayPay: true, byId: true })).toMatchObject({ done: true, plan: 'submit' });
  expect((await generation('g1')).unwanted).toBeUndefined();
  // A retry by an older version left the mark. It does not keep a refused submit from being put back.
  await transition(store, await generation('g1'), { from: ['queued'], to: 'submitting', by: '2.a', admission: ADMISSION, patch: { unwanted: true } });
  expect(await transition(store, await generation('g1'), { from: ['submitting'], to: 'queued', by: '2.a' })).toMatchObject({ outcome: 'won' });
});
