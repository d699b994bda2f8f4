import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { learn } from './learn.ts';
import { dueStrays, endStray, forgetStrays, ownStray } from './strays.ts';

test('a stray that comes after whoever looked has seen that none runs is looked at all the same', async () => {
  const { store, generation } = openTestLedger(undefined, 1);
  await accept(store, 'b', [newGeneration('g1')]);
  const stray = async (taskKey: string): Promise<void> => {
    const late = { round: 2, task: { id: taskKey }, taskKey, by: '2.late', patch: {}, note: 'late', slotUntil: Date.now() + 60_000 };
    expect(await learn(store, await generation('g1'), late)).toMatchObject({ outcome: 'stray' });
  };
  const end = async (at: number): Promise<void> => {
    const seen = await generation('g1');
    await endStray(store, seen, seen.strays?.[at] ?? expect.unreachable(), { endedAt: 1, outcome: 'failed' });
  };
  await stray('t1');
  await end(0);
  // Told again, after a crash for example: it is known to have ended.
  await stray('t1');
  await stray('t2');
  await ownStray(store, await generation('g1'), 't2');
  expect((await generation('g1')).strays, 'which no person has given as its own').toHaveLength(2);
  await forgetStrays(store, 'g1');
  expect(await dueStrays(store, Number.MAX_SAFE_INTEGER, 10)).toEqual(['g1']);
  await end(1);
  await forgetStrays(store, 'g1');
  expect(await dueStrays(store, Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
});
