import { hold, transition, type Change, type Desk, type Queues } from '@dailies/queue';
import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../../test/support/ledger.ts';
import { dropOthers } from './dropped.ts';

const SUBMIT: Change = {
  from: ['queued'],
  to: 'submitting',
  by: '1.worker',
  admission: { reservation: 'r', limit: 9, limitOfProvider: 9, judgeAfterMs: 1_000 },
};

async function move(ledger: TestLedger, id: string, ...changes: Change[]): Promise<void> {
  for (const change of changes) expect(await transition(ledger.store, await ledger.generation(id), change)).toMatchObject({ outcome: 'won' });
}

/** All of them are looked at before one is canceled; this happens once the first one was. */
function afterTheFirst(ledger: TestLedger, happens: () => Promise<void>): Desk {
  let happened: Promise<void> | null = null;
  const getJob = async (): Promise<undefined> => {
    await (happened ??= happens());
    return undefined;
  };
  return { store: ledger.store, queues: { ...ledger.queues, get: () => ({ getJob }) } as unknown as Queues };
}

test('what was submitted while others were pruned is not canceled: it is paid for', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, 'b', ['first', 'rendering', 'submitting', 'refused'].map((id) => newGeneration(id)));
  const desk = afterTheFirst(ledger, async () => {
    await move(ledger, 'rendering', SUBMIT, { from: ['submitting'], to: 'rendering', by: '1.worker', patch: { task: { id: 't' } } });
    await move(ledger, 'submitting', SUBMIT);
    await move(ledger, 'refused', SUBMIT, { from: ['submitting'], to: 'queued', by: '1.worker' });
  });

  const dropped = await dropOthers(desk, 'b', new Set(), true);

  expect(dropped.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(['first canceled', 'refused canceled']);
  expect(await ledger.generation('rendering')).toMatchObject({ state: 'rendering' });
  const submitting = await ledger.generation('submitting');
  expect(submitting.state).toBe('submitting');
  expect(submitting).not.toHaveProperty('cancelRequested');
});

test('what is in doubt is marked, and not said to be held: it may be paid', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await move(ledger, 'g1', SUBMIT, { from: ['submitting'], to: 'ambiguous', by: '1.worker', patch: { ambiguity: { sentAt: 1, endSeen: true, why: 'reset' } } });
  expect(await dropOthers(ledger, 'b', new Set(), false)).toEqual([]);
  expect(await ledger.generation('g1')).toMatchObject({ state: 'ambiguous', dropped: true, ambiguity: { sentAt: 1, why: 'reset' } });
});

test('what is being submitted is not said to be held', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const seen = await ledger.generation('g1');
  await move(ledger, 'g1', SUBMIT);
  expect(await hold(ledger.store, seen, 'dropped')).toBe(false);
  expect((await ledger.generation('g1')).held).toBeUndefined();
});
