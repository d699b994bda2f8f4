/** Webhooks out, to real receivers: who is told what, how it is signed, and what a receiver may do to us. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import {
  cancelGeneration, createGenerations, endpointId, note, publicGeneration, readBatch, readDeliveries, retryGeneration, SIMULATED_KEY, transition,
} from '@dailies/queue';
import type { MailroomOptions } from '../../apps/worker/src/webhook/mailroom.ts';
import { newGeneration } from '../support/ledger.ts';
import { FAST, SECRET, openMail } from '../support/mail.ts';
import { openReceiver } from '../support/receiver.ts';

test('an end is told to the endpoint of the generation, signed as Standard Webhooks, with the public generation and its round', async () => {
  const receiver = await openReceiver();
  const mail = await openMail();
  await mail.canceled(null, [{ id: 'g1', webhook: `${receiver.url}?token=MARKED`, metadata: { order: 7 } }]);
  const stored = (kind: 'video' | 'cover', file: string) => ({ kind, file, sha256: '0'.repeat(64), bytes: 5, source: `https://cdn.example/${kind}` });
  expect(await note(mail.store, await mail.generation('g1'), { files: [stored('video', 'g1.mp4'), stored('cover', 'g1.1.jpg')] })).toBe(true);
  await mail.worker();
  const [told] = await receiver.came(1);
  expect(told?.path).toBe('/hook?token=MARKED');
  expect(told?.json).toMatchObject({ type: 'generation.canceled', round: 1, data: { id: 'g1', state: 'canceled', metadata: { order: 7 } } });
  const shown = publicGeneration(await mail.generation('g1'));
  expect(told?.json.data, 'with a link to the picture, not the name of its file').toEqual({
    ...shown,
    videos: shown.videos.map((video) => ({ ...video, thumbnailUrl: 'https://cdn.example/cover' })),
  });
  expect(told?.json.id).toBe(told?.headers['webhook-id']);
  expect(told?.body).not.toContain('MARKED');

  // The reference library, and the scheme by hand.
  expect(new Webhook(SECRET).verify(told?.body ?? '', told?.headers ?? {})).toEqual(told?.json);
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = told?.headers ?? {};
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${id}.${at}.${told?.body}`).digest('base64')}`);
  expect(() => new Webhook(SECRET).verify(`${told?.body} `, told?.headers ?? {})).toThrow();

  expect(await mail.logged('g1', 1)).toEqual([
    { at: expect.any(String), event: 'generation.canceled', id, to: receiver.url, outcome: 'delivered', status: 200, ms: expect.any(Number) },
  ]);
});

test('a generation without a webhook of its own tells its batch, else the default endpoint, else nobody', async () => {
  const [own, ofBatch, standard] = [await openReceiver(), await openReceiver(), await openReceiver()];
  const mail = await openMail();
  await mail.canceled('b', [{ id: 'with', webhook: own.url }, { id: 'without' }], ofBatch.url);
  await mail.canceled(null, [{ id: 'single' }]);
  const worker = await mail.worker(undefined, { WEBHOOK_URL: standard.url });
  expect(await worker.flushWebhooks(10_000)).toBe(0);
  expect(own.received.map(({ json }) => json.data['id'])).toEqual(['with']);
  expect(ofBatch.received.map(({ json }) => `${json.type} ${String(json.data['id'])}`).toSorted()).toEqual(['batch.finished b', 'generation.canceled without']);
  expect(standard.received.map(({ json }) => json.data['id'])).toEqual(['single']);

  // Now that there is a default endpoint, a worker that does not know it leaves to one that does what names no endpoint, and nothing else.
  await worker.stop(2_000);
  await mail.canceled(null, [{ id: 'later' }, { id: 'named', webhook: own.url }]);
  await mail.canceled('c', [{ id: 'of-c' }], ofBatch.url);
  await (await mail.worker()).flushWebhooks(10_000);
  expect(own.received.map(({ json }) => json.data['id'])).toEqual(['with', 'named']);
  expect(ofBatch.received.map(({ json }) => String(json.data['id'])).toSorted()).toEqual(['b', 'c', 'of-c', 'without']);
  expect(await mail.redis.zcard(mail.store.keys.outbox)).toBe(0);
  expect(await mail.redis.zrange(mail.store.keys.outboxOfStandard, '0', '-1')).toEqual(['later:1:canceled:1']);
  await (await mail.worker(undefined, { WEBHOOK_URL: standard.url })).flushWebhooks(10_000);
  expect(standard.received.map(({ json }) => json.data['id'])).toEqual(['single', 'later']);
});

test('of a batch that was refused as a whole nobody is told, until it was asked for again; of one that others have their place in its end is told', async () => {
  const receiver = await openReceiver();
  const mail = await openMail();
  const worker = await mail.worker();
  const add = async (batch: string, ids: readonly string[]) => {
    const items = ids.map((id) => newGeneration(id));
    await createGenerations(mail.store, { batch, lane: 'test', attended: false, webhook: receiver.url, items });
  };
  const refuse = async (ids: readonly string[]) => {
    for (const id of ids) await cancelGeneration(mail, id, { untold: true });
    await worker.flushWebhooks(10_000);
  };
  const told = () => receiver.received.map(({ json }) => `${json.type} ${String(json.data['id'])}`);
  await add('refused', ['a', 'b']);
  await refuse(['a', 'b']);
  await add('grown', ['c']);
  await add('grown', ['d']);
  await cancelGeneration(mail, 'c');
  await refuse(['d']);
  expect(told().toSorted()).toEqual(['batch.finished grown', 'generation.canceled c']);

  for (const id of ['a', 'b']) await retryGeneration(mail, id, { mayPay: true, byId: true });
  for (const id of ['a', 'b']) await cancelGeneration(mail, id);
  await worker.flushWebhooks(10_000);
  expect(told().slice(2).toSorted()).toEqual(['batch.finished refused', 'generation.canceled a', 'generation.canceled b']);
});

test('of a batch that was refused as a whole and brought again while no worker was there, its end alone is told', async () => {
  const receiver = await openReceiver();
  const mail = await openMail();
  await createGenerations(mail.store, { batch: 'films', lane: 'test', attended: false, webhook: receiver.url, items: [newGeneration('a')] });
  await cancelGeneration(mail, 'a', { untold: true });
  await retryGeneration(mail, 'a', { mayPay: true, byId: true });
  const worker = await mail.worker();
  await worker.flushWebhooks(10_000);
  expect(receiver.received).toEqual([]);
  await cancelGeneration(mail, 'a');
  await worker.flushWebhooks(10_000);
  expect(receiver.received.map(({ json }) => json.type).toSorted()).toEqual(['batch.finished', 'generation.canceled']);
});

test('what simulated services made says so, and only that', async () => {
  const receiver = await openReceiver();
  const mail = await openMail();
  await mail.canceled('b', [{ id: 'sample' }], receiver.url);
  const worker = await mail.worker(undefined, { ALLEGRO_API_KEY: SIMULATED_KEY, ALLEGRO_BASE_URL: 'http://127.0.0.1:1' });
  await worker.flushWebhooks(10_000);
  await worker.stop(2_000);
  await mail.canceled('c', [{ id: 'real' }], receiver.url);
  await (await mail.worker(undefined, { ALLEGRO_API_KEY: 'of-somebody', ALLEGRO_BASE_URL: 'http://127.0.0.1:1' })).flushWebhooks(10_000);
  const said = Object.fromEntries(receiver.received.map(({ json }) => [String(json.data['id']), json.simulated]));
  expect([receiver.received.length, said]).toEqual([4, { b: true, c: undefined, real: undefined, sample: true }]);
});

test('what is nobody\'s is told to nobody, and leaves nothing behind', async () => {
  const mail = await openMail();
  await mail.canceled('b', [{ id: 'g1' }]);
  await (await mail.worker()).flushWebhooks(10_000);
  expect(await mail.redis.zcard(mail.store.keys.outbox)).toBe(0);
  expect(await readDeliveries(mail.store, 'generation', 'g1')).toEqual([]);
  expect(await mail.queues.of(0).get('webhook').getJobCountByTypes('waiting', 'delayed', 'completed', 'failed')).toBe(0);
});

test('batch.finished comes once for each time that nothing of the batch moves any more, with a higher revision', async () => {
  const receiver = await openReceiver();
  const mail = await openMail();
  const worker = await mail.worker();
  const finished = () => receiver.received.filter(({ json }) => json.type === 'batch.finished').map(({ json }) => [json.revision, json.data['counts']]);
  await mail.canceled('b', [{ id: 'a' }, { id: 'b' }, { id: 'c' }], receiver.url);
  await worker.flushWebhooks(10_000);
  expect(finished()).toEqual([[1, expect.objectContaining({ canceled: 3, queued: 0 })]]);
  expect(receiver.received.map(({ json }) => json.data['createdBy'])).toEqual(['studio', 'studio', 'studio', 'studio']);

  // Goes on, asks for a person (that is finished too), is settled: each end is one more revision.
  const admission = { reservation: 'r', limit: 5, limitOfProvider: 5, judgeAfterMs: 1 };
  const generation = await mail.generation('a');
  for (const [from, to] of [['canceled', 'queued'], ['queued', 'submitting'], ['submitting', 'ambiguous'], ['ambiguous', 'unresolved']] as const) {
    await transition(mail.store, generation, { from: [from], to, by: '2.x', ...(to === 'submitting' ? { admission } : {}), ...(to === 'queued' ? { patch: { round: 2 } } : {}) });
  }
  await worker.flushWebhooks(10_000);
  expect(finished()).toMatchObject([[1, {}], [2, { canceled: 2, unresolved: 1 }]]);
  await transition(mail.store, generation, { from: ['unresolved'], to: 'failed', by: '2.y' });
  await worker.flushWebhooks(10_000);
  expect(finished()).toMatchObject([[1, {}], [2, {}], [3, { canceled: 2, failed: 1 }]]);
  expect((await readBatch(mail.store, 'b'))?.revision).toBe(3);
  expect(receiver.received.filter(({ json }) => json.type.startsWith('generation.')).map(({ json }) => [json.type, json.round])).toEqual(
    expect.arrayContaining([['generation.unresolved', 2], ['generation.failed', 2]]),
  );
  expect(new Set(receiver.received.map(({ json }) => json.id)).size).toBe(receiver.received.length);
});

test('a receiver that fails five times is told the same event under the same id until it takes it', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response, nth) => {
    if (nth === 1) return void response.writeHead(500).end('x');
    if (nth === 2) return void response.socket?.resetAndDestroy();
    if (nth === 3) return void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    if (nth === 4) return void response.writeHead(404).end();
    if (nth === 5) return; // no answer at all
    response.writeHead(204).end();
  };
  const mail = await openMail();
  await mail.canceled(null, [{ id: 'g1', webhook: receiver.url }]);
  await mail.worker({ rules: { ...FAST, deadlineMs: 2_000 } });
  const log = await mail.logged('g1', 6);
  expect(log.map(({ outcome, note }) => `${outcome}${note === undefined ? '' : `: ${note}`}`).toReversed()).toEqual([
    'failed: HTTP 500',
    expect.stringMatching(/^failed: no answer \(/),
    'failed: HTTP 302: redirects are not followed',
    'failed: HTTP 404',
    'failed: no answer within 2000 ms',
    'delivered',
  ]);
  expect(new Set(receiver.received.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
  for (const { body, headers } of receiver.received) new Webhook(SECRET).verify(body, headers);
});

test('410 ends the event, and whatever else that endpoint would be told of this generation, of no other one', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response, nth) => void response.writeHead(nth === 1 ? 410 : 200).end();
  const mail = await openMail();
  const worker = await mail.worker();
  await mail.canceled(null, [{ id: 'g1', webhook: receiver.url }]);
  expect(await mail.logged('g1', 1)).toMatchObject([{ outcome: 'gone', status: 410 }]);
  await transition(mail.store, await mail.generation('g1'), { from: ['canceled'], to: 'queued', by: '1.r' });
  await transition(mail.store, await mail.generation('g1'), { from: ['queued'], to: 'failed', by: '1.s' });
  await mail.canceled(null, [{ id: 'g2', webhook: receiver.url }]);
  await worker.flushWebhooks(10_000);
  expect((await mail.logged('g1', 2))[0]).toMatchObject({ event: 'generation.failed', outcome: 'ended', note: 'its endpoint answered 410 before' });
  // Nothing of it is missed: nobody would be told it, however often it was sent again.
  expect(await mail.redis.zcard(mail.store.keys.undelivered(endpointId(receiver.url)))).toBe(0);
  expect(receiver.received.map(({ json }) => json.data['id'])).toEqual(['g1', 'g2']);
});

test('an answer of 100 MB is not read, and counts by its status', async () => {
  const receiver = await openReceiver();
  let sent = 0;
  receiver.answer = (response) => {
    const chunk = Buffer.alloc(64 * 1024);
    response.writeHead(200, { 'content-length': 100 * 1024 * 1024 });
    response.on('error', () => undefined);
    const more = (): void => {
      while (!response.destroyed && sent < 100 * 1024 * 1024) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
    };
    more();
  };
  const mail = await openMail();
  await mail.canceled(null, [{ id: 'g1', webhook: receiver.url }]);
  await mail.worker();
  expect(await mail.logged('g1', 1)).toMatchObject([{ outcome: 'delivered', status: 200 }]);
  expect(sent).toBeLessThan(20 * 1024 * 1024);
});

const resolvingTo = (address: (hostname: string) => string, asked: string[] = []): MailroomOptions => ({
  rules: { ...FAST, retryMs: [1] },
  resolve: (hostname, _options, callback) => {
    asked.push(hostname);
    const found = address(hostname);
    callback(null, [{ address: found, family: found.includes(':') ? 6 : 4 }]);
  },
});

const INNER = ['127.0.0.1', '10.0.0.8', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254'];

test('a name that resolves to an inner address, in whatever spelling, is not connected to', async () => {
  const receiver = await openReceiver();
  const mail = await openMail({ ALLOW_PRIVATE_ADDRESSES: 'off' });
  const ids = await mail.canceled(null, INNER.map((_address, at) => ({ webhook: `https://h${at}.example:${receiver.port}/x?token=MARKED` })));
  await mail.worker(resolvingTo((hostname) => INNER[Number(hostname.slice(1, 2))] ?? ''));
  for (const [at, id] of ids.entries()) {
    const log = await mail.logged(id, 2);
    expect(log.map(({ outcome }) => outcome), INNER[at]).toEqual(['ended', 'failed']);
    expect(log[0]?.note).toContain(`h${at}.example is not connected to: it is not a public address`);
    expect(JSON.stringify(log)).not.toContain('MARKED');
  }
  expect(receiver.received).toEqual([]);
});

test('private addresses are called where they are allowed, link-local and metadata ones never', async () => {
  const receiver = await openReceiver();
  const mail = await openMail();
  const asked: string[] = [];
  await mail.worker(resolvingTo(() => '127.0.0.1', asked));
  await mail.canceled(null, [{ id: 'g1', webhook: `http://hooks.example:${receiver.port}/x` }]);
  expect(await mail.logged('g1', 1)).toMatchObject([{ outcome: 'delivered' }]);
  // Looked up once: the connection goes to the address that was checked.
  expect(asked).toEqual(['hooks.example']);
  await mail.canceled(null, [{ id: 'g2', webhook: 'http://169.254.169.254/latest' }, { id: 'g3', webhook: 'http://[::ffff:a9fe:a9fe]/' }]);
  expect((await mail.logged('g2', 1))[0]?.note).toContain('169.254.169.254 is not connected to');
  expect((await mail.logged('g3', 1))[0]?.outcome).not.toBe('delivered');
});

test('nothing is sent unsigned', async () => {
  const receiver = await openReceiver();
  const mail = await openMail({ WEBHOOK_SECRET: '' });
  await mail.canceled(null, [newGeneration('g1', { webhook: receiver.url })]);
  const worker = await mail.worker();
  expect(await worker.flushWebhooks(10_000)).toBe(1);
  expect(receiver.received).toEqual([]);
});
