import { expect, test } from 'vitest';
import { newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { storeImages } from '../intake/store-images.ts';
import { shardOf } from '../shards/routing.ts';
import { createChunk, openIntake } from './create/create-chunk.ts';
import { createGenerations } from './create/create.ts';
import { imageReference, loadImage } from './images.ts';
import { dropUnusedImages } from './unused-images.ts';

const DAY_MS = 24 * 3_600_000;
const IMAGE = { bytes: Buffer.from('an image'), contentType: 'image/png' };
const OTHER = { bytes: Buffer.from('another image'), contentType: 'image/png' };

const carrying = (id: string, image = IMAGE) => newGeneration(id, { request: { prompt: id, image: imageReference(image.bytes) } });
const intakeOf = (...items: ReturnType<typeof newGeneration>[]) => ({ batch: 'films', lane: 'films', attended: false, items });

function open() {
  const ledger = openTestLedger();
  const shard = shardOf(ledger.store, newGeneration('x').account);
  const { keys, redis } = shard;
  return {
    ...ledger,
    shard,
    store: ledger.store,
    bring: (id: string, image = IMAGE) => storeImages(ledger.store, [{ images: [image], generation: carrying(id, image) }]),
    left: (image = IMAGE) => {
      const sha256 = imageReference(image.bytes).slice('sha256:'.length);
      return redis.exists(keys.image(sha256), keys.imageUsers(sha256));
    },
    /** As it is two days later. */
    age: async () => {
      for (const use of await redis.zrange(keys.imageUses, '0', '-1')) await redis.zadd(keys.imageUses, Date.now() - 2 * DAY_MS, use);
    },
    drop: () => dropUnusedImages(shard, DAY_MS, 100),
    remembered: () => redis.zcard(keys.imageUses),
  };
}

test('the image of an intake that never came through goes after a day, and not before', async () => {
  const { bring, drop, left, age, remembered } = open();
  await bring('a');
  expect([await drop(), await left()]).toEqual([0, 2]);
  await age();
  expect([await drop(), await left(), await remembered()]).toEqual([1, 0, 0]);
});

test('what was accepted keeps its image, though another of the same image was not, and nothing is remembered of either', async () => {
  const { bring, drop, left, age, remembered, store } = open();
  for (const id of ['a', 'b']) await bring(id);
  await createGenerations(store, intakeOf(carrying('a')));
  await age();
  expect([await drop(), await left(), await remembered()]).toEqual([1, 2, 0]);
  expect(await loadImage(shardOf(store, carrying('a').account), imageReference(IMAGE.bytes))).toEqual(IMAGE);
});

test('an image that a later intake of the same id brings again is kept for it', async () => {
  const { bring, drop, left, age, store } = open();
  await bring('a');
  await age();
  await bring('a');
  expect([await drop(), await left()]).toEqual([0, 2]);
  await createGenerations(store, intakeOf(carrying('a')));
  await age();
  expect([await drop(), await left()]).toEqual([0, 2]);
});

test('an image that is brought again after it was found to be old is kept', async () => {
  const { bring, left, remembered, shard } = open();
  await bring('a');
  const uses = await shard.redis.zrange(shard.keys.imageUses, '0', '-1');
  const seenBefore = Object.assign(Object.create(shard.redis) as typeof shard.redis, { zrangebyscore: () => Promise.resolve(uses) });
  expect([await dropUnusedImages({ ...shard, redis: seenBefore }, DAY_MS, 100), await left(), await remembered()]).toEqual([0, 2, 1]);
});

test('the image of what is written and not yet sealed is kept until its intake is through or taken away', async () => {
  const { bring, drop, left, age, remembered, shard, redis } = open();
  await bring('a');
  const intake = intakeOf(carrying('a'));
  await createChunk(shard, intake.items, { intake, opened: openIntake(shard, intake), seal: 'later', latest: 0 });
  await age();
  expect([await drop(), await left(), await remembered()]).toEqual([0, 2, 1]);
  await redis.del(shard.keys.generation('a'));
  await age();
  expect([await drop(), await left()]).toEqual([1, 0]);
});

test('an id that was accepted with another image keeps only that one', async () => {
  const { bring, drop, left, age, store } = open();
  await bring('a', OTHER);
  await bring('a');
  await createGenerations(store, intakeOf(carrying('a')));
  await age();
  expect([await drop(), await left(OTHER), await left()]).toEqual([1, 0, 2]);
});
