/** The record of an event on its way. */
import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { endEvent, noteTry, readEvent, recordEvent, renewEvent } from './event.ts';
import { eventId } from './mark.ts';

const EVENT = { id: 'evt', type: 'generation.succeeded', subject: 'g:one', at: 1, url: 'https://example.com/hook', body: '{}' };

test('an event that a person sends again is not ended by a delivery of before that gives it up', async () => {
  const { store } = openTestLedger();
  await recordEvent(store, EVENT);
  const before = await readEvent(store, 'evt');
  if (before === null) throw new Error('no event');
  await renewEvent(store, 'evt', 'a wish');
  await endEvent(store, before, 'given up');
  expect(await readEvent(store, 'evt')).toMatchObject({ state: 'pending', seq: 2 });
  await endEvent(store, { ...before, seq: 2 }, 'given up');
  expect(await readEvent(store, 'evt')).toMatchObject({ state: 'ended' });
});

test('an event that is published again is the same one: it goes on where it was, and does not begin again once it has ended', async () => {
  const { store } = openTestLedger();
  const read = async () => (await readEvent(store, 'evt')) ?? expect.unreachable();
  expect(await recordEvent(store, EVENT)).toBe(1);
  const first = await read();
  expect([await renewEvent(store, 'evt', 'a wish'), await renewEvent(store, 'evt', 'a wish')], 'the second is the first, sent again').toEqual([2, 2]);
  expect(await noteTry(store, first), 'of before the wish').toBe(false);
  expect(await noteTry(store, await read())).toBe(true);
  expect(await recordEvent(store, EVENT)).toBe(2);
  expect(await read()).toMatchObject({ tries: 1 });
  await endEvent(store, await read(), 'given up');
  expect([await recordEvent(store, EVENT), await noteTry(store, await read())]).toEqual([null, false]);
  expect(await renewEvent(store, 'evt', 'another')).toBe(3);
  await endEvent(store, await read(), 'delivered');
  expect([await recordEvent(store, EVENT), await renewEvent(store, 'evt', 'a third')]).toEqual([null, null]);
});

test('an event has the same id whoever publishes it, and another than one of the same words in a ledger that was begun anew', () => {
  const { store } = openTestLedger();
  const mark = { text: 'batch:monday:1', score: '1000.5', at: 1_000, read: null };
  const idOf = (other: Partial<typeof mark>): string => eventId(store, { ...mark, ...other });
  expect(idOf({})).toBe(idOf({}));
  const ids = [idOf({}), idOf({ at: 2_000 }), idOf({ text: 'batch:monday:2' }), eventId(openTestLedger().store, mark)];
  expect(new Set(ids).size).toBe(ids.length);
});
