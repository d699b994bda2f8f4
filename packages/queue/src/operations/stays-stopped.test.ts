/** With replicas: nobody is told that something is stopped as long as a fail-over could let it go on; and it is stopped all the same. */
import { expect, inject, test } from 'vitest';
import { accept, ADMISSION, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { REPLICAS } from '../../../../test/support/redis.ts';
import { pause, pauses } from '../ledger/account/pauses.ts';
import { readGenerations } from '../ledger/read.ts';
import { transition } from '../ledger/transition.ts';
import { cancelMany, cancelWholeBatch } from './cancel-many.ts';
import { cancelGeneration } from './cancel.ts';
import { insistPaused, insistStopped, MayBeForgotten, type Stopped, staysCanceled } from './stays-stopped.ts';

const FOLLOWED = REPLICAS[inject('redisKind')];
const TOO_MANY = FOLLOWED + 1;

test('a cancel that too few replicas have is done, and not answered, however often it is asked for until they have it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  const { state, seq } = await ledger.generation('g1');
  for (const seen of [undefined, { state, seq }]) {
    await expect(cancelGeneration({ ...ledger, replicas: TOO_MANY }, 'g1', { seen })).rejects.toThrow(MayBeForgotten);
    expect((await ledger.generation('g1')).state).toBe('canceled');
  }
  expect(await cancelGeneration({ ...ledger, replicas: FOLLOWED }, 'g1')).toMatchObject({ outcome: 'nothing', message: 'already canceled' });
});

test('so is the wish to cancel what is being sent, and the cancel of what renders', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('g1')]);
  await transition(ledger.store, await ledger.generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  await expect(cancelGeneration({ ...ledger, replicas: TOO_MANY }, 'g1')).rejects.toThrow(/^it is done, or noted, but/);
  expect(await ledger.generation('g1')).toMatchObject({ state: 'submitting', cancelRequested: true });
  await transition(ledger.store, await ledger.generation('g1'), { from: ['submitting'], to: 'rendering', by: '1.a', patch: { task: { id: 't1' }, taskKey: 't1' } });
  await expect(cancelGeneration({ ...ledger, replicas: TOO_MANY }, 'g1')).rejects.toThrow(MayBeForgotten);
  expect(await ledger.generation('g1')).toMatchObject({ state: 'canceled', task: { id: 't1' } });
});

test('silent replicas do not keep any of a batch from being canceled; that they are is said after all of it, and again the next time', async () => {
  const ledger = openTestLedger();
  const ids = Array.from({ length: 120 }, (_, at) => `g${at}`);
  await accept(ledger.store, 'films', ids.map((id) => newGeneration(id)));
  for (const outcome of ['canceled', 'nothing']) {
    const told: string[] = [];
    const all = async (): Promise<void> => {
      for await (const page of cancelWholeBatch({ ...ledger, replicas: TOO_MANY }, 'films', {})) told.push(...page.map((one) => one.outcome));
    };
    await expect(all()).rejects.toThrow(MayBeForgotten);
    expect(told).toEqual(ids.map(() => outcome));
  }
});

test('what a fail-over has forgotten is not said to be canceled, nor to be paused', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, null, [newGeneration('queued')]);
  const queued = await ledger.generation('queued');
  const desk = { ...ledger, replicas: 1 };
  expect(await staysCanceled(desk, queued)).toBe(false);
  await expect(insistStopped(desk, [{ ...queued, isCanceled: true }])).rejects.toMatchObject({ name: 'MayBeForgotten', isForgotten: true });
  await expect(insistPaused(desk, 'operator:luma')).rejects.toMatchObject({ isForgotten: true });
});

test('of many that were stopped the last write is asked about: what was canceled before proves nothing of it, wherever it stands', async () => {
  const ledger = openTestLedger();
  const ids = ['rendering', 'submitting', 'queued', 'before', 'failed', 'forgotten'];
  await accept(ledger.store, null, ids.map((id) => newGeneration(id)));
  const submit = { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION } as const;
  for (const id of ['rendering', 'submitting']) await transition(ledger.store, await ledger.generation(id), submit);
  const task = { from: ['submitting'], to: 'rendering', by: '1.a', patch: { task: { id: 't' } } } as const;
  await transition(ledger.store, await ledger.generation('rendering'), task);
  await transition(ledger.store, await ledger.generation('failed'), { from: ['queued'], to: 'failed', by: '1.a' });
  await cancelGeneration(ledger, 'before');
  const stopped: Stopped[] = [];
  const found = await readGenerations(ledger.store, ids.slice(0, -1));
  // Nobody is asked in between: silent replicas would keep the rest from being canceled.
  await cancelMany({ ...ledger, replicas: TOO_MANY }, found.filter((one) => one !== null), { stopped });
  const expected = [['queued', true, false], ['before', true, true], ['rendering', true, false], ['submitting', false, false]];
  expect(stopped.map(({ id, isCanceled, isEarlier }) => [id, isCanceled, isEarlier])).toEqual(expected);
  await insistStopped({ ...ledger, replicas: FOLLOWED }, stopped);
  const forgotten = { ...(await ledger.generation('forgotten')), isCanceled: true };
  for (const behind of stopped.filter(({ isCanceled, isEarlier }) => !isCanceled || isEarlier)) {
    const asked = insistStopped({ ...ledger, replicas: Math.max(1, FOLLOWED) }, [forgotten, behind]);
    await expect(asked, behind.id).rejects.toMatchObject({ isForgotten: true });
  }
});

test('a pause that too few replicas have stands, and is not answered', async () => {
  const ledger = openTestLedger();
  await pause(ledger.store, 'operator:luma', { reason: 'night', kind: 'operator', polls: false });
  await expect(insistPaused({ ...ledger, replicas: TOO_MANY }, 'operator:luma')).rejects.toThrow(MayBeForgotten);
  await insistPaused({ ...ledger, replicas: FOLLOWED }, 'operator:luma');
  expect(await pauses(ledger.store)).toMatchObject([{ scope: 'operator:luma', reason: 'night' }]);
});
