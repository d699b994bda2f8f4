/** An image given as a file is kept beside the ledger for as long as a submit may need it. */
import { expect, test } from 'vitest';
import { imageReference, storeImage } from '@dailies/queue';
import { keysOfLedger, shardHolding } from '../support/ledger.ts';
import { openRig } from '../support/rig.ts';

test('an image leaves Redis with the video that was made of it', async () => {
  const rig = await openRig();
  const image = { bytes: Buffer.from('89504e470d0a1a0a', 'hex'), contentType: 'image/png' };
  const [id = ''] = await rig.enqueue('b', [{ provider: 'kling', ask: { prompt: 'a fox turns its head', image: imageReference(image.bytes) } }]);
  await storeImage(await shardHolding(rig.store, id), image, [id]);
  const images = async () => (await keysOfLedger(rig)).filter((key) => /:image(-users)?:/.test(key));
  expect(await images()).toHaveLength(2);
  await rig.worker();
  await rig.reached([id], ['succeeded']);
  expect(await images()).toEqual([]);
});
