import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { loadImage, storeImage } from './images.ts';

test('an image that is there already is not written again', async () => {
  const { store } = openTestLedger();
  const bytes = Buffer.from('an image');
  const reference = await storeImage(store, { bytes, contentType: 'image/png' }, ['a']);
  // Only to be seen if it were: the same bytes are never of two types.
  expect(await storeImage(store, { bytes, contentType: 'image/jpeg' }, ['b'])).toBe(reference);
  expect(await loadImage(store, reference)).toEqual({ bytes, contentType: 'image/png' });
});
