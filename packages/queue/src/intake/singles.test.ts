import { expect, test } from 'vitest';
import { newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { createSingles } from './singles.ts';

test('requests of one moment each have their own outcome and creator: twins are one, and the same id with another request refuses no other', async () => {
  const ledger = openTestLedger();
  const singles = createSingles(ledger, { replicas: 0 });
  const accept = (id: string, createdBy: string, fingerprint = `f-${id}`, batch: string | null = null) =>
    singles.accept({ batch, images: [], generation: newGeneration(id, { fingerprint }) }, { lane: 'node', createdBy });

  await accept('taken', 'ann');
  const outcomes = await Promise.all([
    accept('taken', 'ann', 'of another request'),
    accept('one', 'ann'),
    accept('one', 'ann'),
    accept('one', 'ann', 'of another request'),
    accept('two', 'ann'),
    accept('three', 'bob'),
    accept('four', 'ann', 'f-four', 'b'),
  ]);
  await singles.idle();

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['conflict', 'created', 'known', 'conflict', 'created', 'created', 'created']);
  const all = await Promise.all(['one', 'two', 'three', 'four'].map((id) => ledger.generation(id)));
  expect(all.map(({ createdBy, batch }) => [createdBy, batch])).toEqual([['ann', null], ['ann', null], ['bob', null], ['ann', 'b']]);
});
