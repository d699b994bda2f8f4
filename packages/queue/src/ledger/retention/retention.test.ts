import { expect, onTestFinished, test, vi } from 'vitest';
import { beforeScript } from '../../../../../test/support/before-script.ts';
import { accept, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { acceptItems } from '../../intake/accept.ts';
import { planRetry } from '../../operations/retry.ts';
import { shardOf } from '../../shards/routing.ts';
import { createGenerations } from '../create/create.ts';
import { imageReference, loadImage } from '../images.ts';
import { shrinkEnded } from './retention.ts';
import { transition } from '../transition.ts';

test('what ended long ago shrinks to a stub that still keeps the same prompt from paying again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('old', { metadata: { a: 1 } }), newGeneration('waiting')]);
  await transition(ledger.store, await ledger.generation('old'), { from: ['queued'], to: 'canceled', by: '1.p' });
  expect(await shrinkEnded(ledger.store, 60_000, 10)).toBe(0);
  expect(await shrinkEnded(ledger.store, -60_000, 10)).toBe(1);
  const stub = await ledger.generation('old');
  expect(stub).toMatchObject({ state: 'canceled', stub: true, metadata: null, ask: { prompt: 'prompt of old' } });
  expect(planRetry(stub)).toMatchObject({ what: 'nothing' });
  const failed = (kind: string) => planRetry({ ...stub, state: 'failed', failure: { kind, message: 'no', retryable: true } }).what;
  expect([failed('upstream'), failed('asset')], 'its request is gone, and its video may be there').toEqual(['nothing', 'fetch']);
  expect(await createGenerations(ledger.store, { batch: 'b', lane: 'b', attended: false, items: [newGeneration('old')] })).toMatchObject({ created: [], known: ['old'] });
  expect((await ledger.generation('waiting')).stub).toBeUndefined();
});

test('a stored image goes with the last generation that carries it and is kept whole, and does not come back with what is known', async () => {
  const ledger = openTestLedger();
  const { keys, redis } = shardOf(ledger.store, newGeneration('x').account);
  const bytes = Buffer.from('an image');
  const carrying = (id: string) => ({ images: [{ bytes, contentType: 'image/png' }], generation: newGeneration(id, { request: { prompt: id, image: imageReference(bytes) } }) });
  const take = async (...ids: string[]) => (await acceptItems(ledger, { batch: 'b', lane: 'b', attended: false, items: ids.map(carrying) }, { replicas: 0 })).handedOver;
  const end = async (id: string): Promise<void> => {
    await transition(ledger.store, await ledger.generation(id), { from: ['queued'], to: 'canceled', by: '1.p' });
    await shrinkEnded(shardOf(ledger.store, newGeneration('x').account), -60_000, 10);
  };
  const isThere = () => redis.exists(keys.image(imageReference(bytes).slice('sha256:'.length)));
  await take('a', 'b');
  await end('a');
  expect(await isThere()).toBe(1);
  await take('a');
  await end('b');
  expect(await isThere()).toBe(0);
  await take('a', 'b');
  expect(await isThere()).toBe(0);
});

test('an image that was stored before its generations were written down beside it stays', async () => {
  const ledger = openTestLedger();
  const shard = shardOf(ledger.store, newGeneration('x').account);
  const bytes = Buffer.from('an image');
  const reference = imageReference(bytes);
  await shard.redis.hset(shard.keys.image(reference.slice('sha256:'.length)), { type: 'image/png', bytes });
  const generation = newGeneration('a', { request: { prompt: 'a', image: reference } });
  const { handedOver } = await acceptItems(ledger, { batch: 'b', lane: 'b', attended: false, items: [{ images: [{ bytes, contentType: 'image/png' }], generation }] }, { replicas: 0 });
  await handedOver;
  await transition(ledger.store, await ledger.generation('a'), { from: ['queued'], to: 'canceled', by: '1.p' });
  expect(await shrinkEnded(shard, -60_000, 10)).toBe(1);
  expect(await loadImage(shard, reference)).toMatchObject({ contentType: 'image/png' });
});

test('what is young by the clock of Redis is not shrunk by a worker whose clock is weeks ahead', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('young')]);
  await transition(ledger.store, await ledger.generation('young'), { from: ['queued'], to: 'canceled', by: '1.p' });
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 40 * 24 * 3_600_000);
  onTestFinished(() => clock.mockRestore());
  for (const shard of ledger.store.shards) expect(await shrinkEnded(shard, 30 * 24 * 3_600_000, 10)).toBe(0);
});

test.each([
  ['goes on', ['queued']],
  ['has ended anew', ['queued', 'canceled']],
] as const)('what %s after retention has read it keeps what a retry needs', async (_, way) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const go = async (to: 'queued' | 'canceled') =>
    transition(ledger.store, await ledger.generation('g1'), { from: [to === 'queued' ? 'canceled' : 'queued'], to, by: `1.person-${to}` });
  await go('canceled');
  const hasMovedOn = beforeScript(ledger, 'canceled', async () => {
    for (const to of way) expect(await go(to)).toMatchObject({ outcome: 'won' });
  });
  expect([await shrinkEnded(shardOf(ledger.store, newGeneration('g1').account), -60_000, 10), hasMovedOn()]).toEqual([0, true]);
  expect((await ledger.generation('g1')).stub).toBeUndefined();
});

test('an unresolved generation is never shrunk', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const admission = { reservation: 'r', limit: 5, limitOfProvider: 5, judgeAfterMs: 1 };
  const generation = await ledger.generation('g1');
  await transition(ledger.store, generation, { from: ['queued'], to: 'submitting', by: '1.a', admission });
  await transition(ledger.store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.a' });
  await transition(ledger.store, generation, { from: ['ambiguous'], to: 'unresolved', by: '1.a' });
  const { redis, keys } = shardOf(ledger.store, generation.account);
  await redis.zadd(keys.ended, 1, 'g1');
  expect(await shrinkEnded(ledger.store, -60_000, 10)).toBe(0);
});
