import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { storeImages } from '../intake/store-images.ts';
import { shardOf } from '../shards/routing.ts';
import { imageReference, loadImage, storeImage } from './images.ts';
import { shrinkEnded } from './retention/retention.ts';
import { transition } from './transition.ts';

const IMAGE = { bytes: Buffer.from('an image'), contentType: 'image/png' };

const carrying = (id: string) => newGeneration(id, { request: { prompt: id, image: imageReference(IMAGE.bytes) } });

async function take(ledger: TestLedger, ids: readonly string[]): Promise<void> {
  await storeImages(ledger.store, ids.map((id) => ({ images: [IMAGE], generation: carrying(id) })));
  await accept(ledger.store, 'b', ids.map(carrying));
}

async function succeed({ store, generation }: TestLedger, id: string): Promise<void> {
  const one = await generation(id);
  await transition(store, one, { from: ['queued'], to: 'submitting', by: '1.a', admission: { reservation: 'r', limit: 5, limitOfProvider: 5, judgeAfterMs: 1 } });
  await transition(store, one, { from: ['submitting'], to: 'downloading', by: '1.a' });
  await transition(store, one, { from: ['downloading'], to: 'succeeded', by: '1.a', sentForGood: one.request });
}

function openImages(ledger: TestLedger) {
  const { keys, redis } = shardOf(ledger.store, newGeneration('x').account);
  const sha256 = imageReference(IMAGE.bytes).slice('sha256:'.length);
  return {
    count: () => redis.exists(keys.image(sha256), keys.imageUsers(sha256)),
    /** As a producer of an older version has stored it. */
    forgetUsers: () => redis.del(keys.imageUsers(sha256)),
  };
}

test('an image that is there already is not written again', async () => {
  const { store } = openTestLedger();
  const { bytes } = IMAGE;
  const reference = await storeImage(store, IMAGE, ['a']);
  // Only to be seen if it were: the same bytes are never of two types.
  expect(await storeImage(store, { bytes, contentType: 'image/jpeg' }, ['b'])).toBe(reference);
  expect(await loadImage(store, reference)).toEqual({ bytes, contentType: 'image/png' });
});

test('an image goes when the last that carries it has succeeded, and comes again with the next', async () => {
  const ledger = openTestLedger();
  const images = openImages(ledger);
  await take(ledger, ['a', 'b']);
  await succeed(ledger, 'a');
  expect(await images.count()).toBe(2);
  await succeed(ledger, 'b');
  expect(await images.count()).toBe(0);
  await take(ledger, ['c']);
  expect(await images.count()).toBe(2);
});

test('an image stays whose users an older version did not record: nobody knows all of them', async () => {
  const ledger = openTestLedger();
  const images = openImages(ledger);
  await take(ledger, ['older', 'old']);
  await images.forgetUsers();
  await succeed(ledger, 'old');
  expect(await images.count(), 'the image alone').toBe(1);
  await take(ledger, ['a']);
  await succeed(ledger, 'a');
  expect(await images.count()).toBe(2);
});

test('what was canceled keeps its image, since a person may retry it', async () => {
  const ledger = openTestLedger();
  const images = openImages(ledger);
  await take(ledger, ['a', 'b']);
  await transition(ledger.store, await ledger.generation('a'), { from: ['queued'], to: 'canceled', by: '1.p' });
  await succeed(ledger, 'b');
  expect(await images.count()).toBe(2);
});

test('only what succeeds may let go of its images', async () => {
  const ledger = openTestLedger();
  await take(ledger, ['a']);
  const one = await ledger.generation('a');
  await expect(transition(ledger.store, one, { from: ['queued'], to: 'canceled', by: '1.p', sentForGood: one.request })).rejects.toThrow('may lead to another submit');
});

test('the image of what a manifest knows to have succeeded is not stored', async () => {
  const ledger = openTestLedger();
  const earlier = { state: 'succeeded', patch: {}, history: [] } as const;
  await storeImages(ledger.store, [{ images: [IMAGE], generation: { ...carrying('a'), earlier } }]);
  expect(await openImages(ledger).count()).toBe(0);
});

test('an image that is gone comes back when the same is asked for again, if what carries it may be submitted', async () => {
  const ledger = openTestLedger();
  const images = openImages(ledger);
  const askAgain = (id: string) => storeImages(ledger.store, [{ images: [IMAGE], generation: carrying(id) }]);
  await take(ledger, ['a']);
  // As a producer of an older version writes it: it records no users.
  await accept(ledger.store, 'b', [carrying('older')]);
  await succeed(ledger, 'a');
  expect(await images.count()).toBe(0);
  await askAgain('a');
  expect(await images.count()).toBe(0);
  await askAgain('older');
  expect(await images.count()).toBe(2);
  await succeed(ledger, 'older');
  expect(await images.count()).toBe(0);
});

test('an image does not come back for a stub, which is never submitted again', async () => {
  const ledger = openTestLedger();
  const images = openImages(ledger);
  const { store } = ledger;
  const shard = shardOf(store, newGeneration('x').account);
  await take(ledger, ['a']);
  await transition(store, await ledger.generation('a'), { from: ['queued'], to: 'canceled', by: '1.p' });
  expect(await shrinkEnded(shard, -1_000, 10)).toBe(1);
  expect(await images.count()).toBe(0);
  await storeImages(store, [{ images: [IMAGE], generation: carrying('a') }]);
  expect(await images.count()).toBe(0);
});
