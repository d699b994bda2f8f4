import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { planRetry } from '../operations/retry.ts';
import { createGenerations } from './create.ts';
import { shrinkEnded } from './retention.ts';
import { transition } from './transition.ts';

test('what ended long ago shrinks to a stub that still keeps the same prompt from paying again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('old', { metadata: { a: 1 } }), newGeneration('waiting')]);
  await transition(ledger.store, await ledger.generation('old'), { from: ['queued'], to: 'canceled', by: '1.p' });
  expect(await shrinkEnded(ledger.store, Date.now() - 60_000, 10)).toBe(0);
  expect(await shrinkEnded(ledger.store, Date.now() + 60_000, 10)).toBe(1);
  const stub = await ledger.generation('old');
  expect(stub).toMatchObject({ state: 'canceled', stub: true, metadata: null, ask: { prompt: 'prompt of old' } });
  expect(planRetry(stub)).toMatchObject({ what: 'nothing' });
  expect(await createGenerations(ledger.store, { batch: 'b', lane: 'b', attended: false, items: [newGeneration('old')] })).toMatchObject({ created: [], known: ['old'] });
  expect((await ledger.generation('waiting')).stub).toBeUndefined();
});

test('an unresolved generation is never shrunk', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const admission = { reservation: 'r', limit: 5, limitOfProvider: 5, judgeAfterMs: 1 };
  const generation = await ledger.generation('g1');
  await transition(ledger.store, generation, { from: ['queued'], to: 'submitting', by: '1.a', admission });
  await transition(ledger.store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.a' });
  await transition(ledger.store, generation, { from: ['ambiguous'], to: 'unresolved', by: '1.a' });
  expect(await shrinkEnded(ledger.store, Date.now() + 60_000, 10)).toBe(0);
});
