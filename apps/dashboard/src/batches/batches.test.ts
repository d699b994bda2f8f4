/** What the pages of batches say of when the rest may be done, and of why it stands still. */
import { createGenerations, encodeBill, hold, pause, resume, shardOf, speak, takeLeave, type WorkerWord } from '@dailies/queue';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type BrowserClient, openBrowserClient } from '../testing/browser-client.ts';
import { type House, openHouse } from '../testing/house.ts';
import { move, read, submit } from '../testing/scene.ts';

let house: House;
let client: BrowserClient;
const account = (): string => house.config.providers.allegro.account?.id ?? '';

beforeAll(async () => {
  house = await openHouse(inject('redisUrl'));
  client = openBrowserClient(house.url);
  await client.signIn(house.user, house.password);
});

afterAll(() => house.close());

async function accept(batch: string, ids: string[]): Promise<void> {
  const items = ids.map((id) => ({ id, provider: 'allegro' as const, account: account(), ask: { prompt: id }, request: {}, fingerprint: id, priority: 1, metadata: null }));
  await createGenerations(house.desk.store, { batch, lane: 'test', attended: false, items });
}

/** What stands beside *Left*, as a living worker says that nothing else is the matter. */
async function left(batch: string, word: Partial<WorkerWord> = {}): Promise<string> {
  await speak(house.desk.store, 'worker', { unanswered: {}, ...word });
  return /<dt>Left<\/dt><dd>([^<]*)</.exec((await client.get(`/batches/${batch}`)).body)?.[1] ?? '';
}

const becomes = (batch: string, text: string, word?: Partial<WorkerWord>) => expect.poll(() => left(batch, word)).toBe(text);

it('gives no estimate for what is held, paused, not answered for, or kept back, and says which', async () => {
  const { store } = house.desk;
  await accept('b', ['one', 'two']);
  await accept('c', ['three']);
  await becomes('b', 'not known yet: no video in the last day');
  expect(await hold(store, await read(house, 'one'), 'dropped')).toBe(true);
  await becomes('b', 'waits: 1 of allegro held');
  const page = (await client.get('/batches/b')).body;
  expect(page).toContain('<a href="/generations?batch=b">1</a>: the reason stands beside each');
  expect(page).toContain('0\u00a0of\u00a02');
  expect(page).not.toContain('data-name="Batch"');
  expect(await left('c')).toBe('not known yet: no video in the last day');
  await becomes('c', 'waits: allegro (too few replicas of Redis follow)', { fewReplicas: [shardOf(store, account()).number] });
  await becomes('c', 'waits: allegro does not answer', { unanswered: { allegro: Date.now() } });
  await becomes('c', 'not known yet: no video in the last day');
  const shard = shardOf(store, account());
  await shard.redis.hset(shard.keys.account(account()), { openSince: Date.now() });
  await becomes('c', 'waits: allegro does not answer');
  await pause(store, 'operator:allegro', { reason: 'ask Ann', kind: 'operator', polls: false });
  await becomes('c', 'waits: allegro paused');
  await resume(store, 'allegro', [account()]);
  await shard.redis.hdel(shard.keys.account(account()), 'openSince');
  await submit(house, { id: 'three' });
  await becomes('c', 'waits: allegro does not answer', { unanswered: { allegro: Date.now() } });
  // For a download, no poll has to be answered.
  await move(house, 'three', 'downloading', {});
  await pause(store, 'operator:allegro', { reason: 'ask Ann', kind: 'operator', polls: true });
  await becomes('c', 'not known yet: no video in the last day', { unanswered: { allegro: Date.now() } });
});

it('says what was spent, on the batch, on its provider, and on the generation, where there is a price', async () => {
  const bill = encodeBill({ micros: 1_250_000, currency: 'USD', basis: 'guide', model: '<b>' });
  await accept('e', ['five']);
  expect((await client.get('/batches/e')).body).not.toContain('<dt>Spent');
  await resume(house.desk.store, 'allegro', [account()]);
  await submit(house, { id: 'five' });
  await move(house, 'five', 'downloading', { bill });
  for (const path of ['/batches/e', '/']) {
    await expect.poll(async () => (await client.get(path)).body).toContain('<dt>Spent</dt><dd>about 1.25 USD <small>&#60;b&#62;</small>');
  }
  expect((await client.get('/generations/five')).body).toContain('<dt>Cost</dt><dd>about 1.25 USD (guide)');
});

it('gives no estimate while no worker lives', async () => {
  await accept('d', ['four']);
  await expect.poll(async () => {
    await takeLeave(house.desk.store, 'worker');
    return (await client.get('/batches/d')).body;
  }).toContain('waits: no worker lives');
});
