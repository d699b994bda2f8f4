/** The record of an event on its way. */
import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { endEvent, readEvent, recordEvent, renewEvent } from './event.ts';

test('an event that a person sends again is not ended by a delivery of before that gives it up', async () => {
  const { store } = openTestLedger();
  await recordEvent(store, { id: 'evt', type: 'generation.succeeded', subject: 'g:one', at: 1, url: 'https://example.com/hook', body: '{}' });
  const before = await readEvent(store, 'evt');
  if (before === null) throw new Error('no event');
  await renewEvent(store, 'evt', 'a wish');
  await endEvent(store, before, 'given up');
  expect(await readEvent(store, 'evt')).toMatchObject({ state: 'pending', seq: 2 });
  await endEvent(store, { ...before, seq: 2 }, 'given up');
  expect(await readEvent(store, 'evt')).toMatchObject({ state: 'ended' });
});
