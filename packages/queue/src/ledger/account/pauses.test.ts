import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../../test/support/ledger.ts';
import { pause, pauses } from './pauses.ts';

const SHARED = 'acedata@http://127.0.0.1:1';

test('a pause of polls takes the place of one that holds submits alone, and not the other way round', async () => {
  const { store } = openTestLedger();
  const scope = `account:${SHARED}`;
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toBeNull();
  expect(await pause(store, scope, { reason: 'no key', kind: 'auth', polls: true })).toBeNull();
  expect(await pause(store, scope, { reason: 'empty', kind: 'quota', polls: false })).toEqual({ reason: 'no key', polls: true });
  expect(await pauses(store)).toMatchObject([{ scope, reason: 'no key', polls: true }]);
});
