import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import { pause, pauses } from './pauses.ts';

const SHARED = 'acedata@http://127.0.0.1:1';

test('a pause of polls takes the place of one that holds submits alone, and not the other way round', async () => {
  const { store } = openTestLedger();
  const scope = `account:${SHARED}`;
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toEqual({ reason: 'empty', polls: false, isNew: true });
  expect(await pause(store, scope, { reason: 'no key', kind: 'auth', polls: true })).toEqual({ reason: 'no key', polls: true, isNew: true });
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toEqual({ reason: 'no key', polls: true, isNew: false });
  expect(await pauses(store)).toMatchObject([{ scope, reason: 'no key', polls: true }]);
});

test('a pause of polls without a reason of its own keeps what a person has said, and one with a reason says its own', async () => {
  const { store } = openTestLedger();
  const scope = 'operator:kling';
  const unexplained = { reason: 'paused by a person', kind: 'operator', isUnexplained: true };
  await pause(store, scope, { reason: 'ask Ann | or Bob', kind: 'operator', polls: false });
  expect(await pause(store, scope, { ...unexplained, polls: true })).toEqual({ reason: 'ask Ann | or Bob', polls: true, isNew: true });
  expect(await pauses(store)).toMatchObject([{ scope, reason: 'ask Ann | or Bob', kind: 'operator', polls: true }]);

  const other = 'operator:allegro';
  expect(await pause(store, other, { ...unexplained, polls: false })).toMatchObject({ reason: 'paused by a person', isNew: true });
  expect(await pause(store, other, { reason: 'ask Ann', kind: 'operator', polls: true })).toMatchObject({ reason: 'ask Ann', isNew: true });
});
