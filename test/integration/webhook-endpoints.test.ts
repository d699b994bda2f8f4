/** Endpoints that fail: what they may take from others, when they are disabled, and how a person enables them. */
import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import { enableEndpoint, failingEndpoints, giveUpEndpoint, noteFailure, readEvent } from '@dailies/queue';
import { FAST, openMail } from '../support/mail.ts';
import { openReceiver } from '../support/receiver.ts';

test('an endpoint that never answers has at most half of the deliveries, and another one is told at once', async () => {
  const [silent, well] = [await openReceiver(), await openReceiver()];
  silent.answer = () => undefined;
  const mail = await openMail();
  await mail.canceled(null, Array.from({ length: 60 }, (_, at) => ({ id: `silent-${at}`, webhook: silent.url })));
  await mail.canceled(null, Array.from({ length: 20 }, (_, at) => ({ id: `well-${at}`, webhook: well.url })));
  await mail.worker({ rules: { ...FAST, deadlineMs: 60_000 } });
  await well.came(20);
  expect(silent.received.length).toBeLessThanOrEqual(8);
  await silent.came(8);
  expect(silent.received).toHaveLength(8);
});

test('an endpoint that keeps failing is disabled with its reason, is left alone, and is told what it missed when a person enables it', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response) => void response.writeHead(503).end();
  const mail = await openMail();
  const worker = await mail.worker({ rules: { ...FAST, disable: { afterMs: 0, afterFailures: 3 } } });
  await mail.canceled(null, [{ id: 'g1', webhook: `${receiver.url}?token=MARKED` }]);
  expect((await mail.logged('g1', 3)).map(({ outcome }) => outcome)).toEqual(['ended', 'failed', 'failed']);
  await mail.canceled(null, [{ id: 'g2', webhook: `${receiver.url}?token=MARKED` }]);
  expect(await mail.logged('g2', 1)).toMatchObject([{ outcome: 'ended', note: 'its endpoint is disabled: failed 3 times in a row, the last time: HTTP 503' }]);
  expect(receiver.received).toHaveLength(3);
  const [endpoint, ...others] = await failingEndpoints(mail.store);
  expect(others).toEqual([]);
  expect(endpoint).toMatchObject({ url: receiver.url, failures: 3, reason: 'failed 3 times in a row, the last time: HTTP 503', undelivered: 2 });
  expect(JSON.stringify(endpoint)).not.toContain('MARKED');

  receiver.answer = (response) => response.end();
  expect(await enableEndpoint(mail, 'https://nobody.example/')).toBeNull();
  expect(await enableEndpoint(mail, endpoint?.id ?? '')).toMatchObject([{ sent: 2 }]);
  await worker.flushWebhooks(10_000);
  expect(receiver.received.slice(3).map(({ json }) => String(json.data['id'])).toSorted()).toEqual(['g1', 'g2']);
  // The same events as before, under their ids.
  expect(receiver.received.at(3)?.headers['webhook-id']).toBe(receiver.received.find(({ json }) => json.data['id'] === receiver.received.at(3)?.json.data['id'])?.headers['webhook-id']);
  expect(await failingEndpoints(mail.store)).toEqual([]);
});

test('enabling an endpoint is taken up again where it was cut off, though the endpoint is in no list any more', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response) => void response.writeHead(503).end();
  const mail = await openMail();
  const worker = await mail.worker({ rules: { ...FAST, disable: { afterMs: 0, afterFailures: 1 } } });
  await mail.canceled(null, [{ id: 'g1', webhook: receiver.url }]);
  await mail.logged('g1', 1);
  await mail.canceled(null, [{ id: 'g2', webhook: receiver.url }]);
  await mail.logged('g2', 1);
  const [endpoint] = await failingEndpoints(mail.store);
  const id = endpoint?.id ?? '';

  receiver.answer = (response) => response.end();
  // Redis is away before the first of what was missed has its job.
  const add = vi.spyOn(mail.queues.of(0).get('webhook'), 'add').mockRejectedValueOnce(new Error('Connection is closed.'));
  await expect(enableEndpoint(mail, id)).rejects.toThrow('Connection is closed.');
  add.mockRestore();
  expect(await failingEndpoints(mail.store)).toEqual([]);
  expect(await enableEndpoint(mail, id)).toEqual([{ id, url: receiver.url, sent: 2 }]);
  await worker.flushWebhooks(10_000);
  expect(receiver.received.slice(1).map(({ json }) => String(json.data['id'])).toSorted()).toEqual(['g1', 'g2']);
});

test('a disabled endpoint that a person forgets leaves the list, and is not tried again for what it has missed; one that is only failing is left alone', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response) => void response.writeHead(503).end();
  const mail = await openMail();
  const worker = await mail.worker({ rules: { ...FAST, disable: { afterMs: 0, afterFailures: 2 } } });
  await mail.canceled(null, [{ id: 'g1', webhook: receiver.url }]);
  await mail.logged('g1', 2);
  await mail.canceled(null, [{ id: 'g2', webhook: receiver.url }]);
  await mail.logged('g2', 1);
  const [{ id } = { id: '' }] = await failingEndpoints(mail.store);
  expect(await giveUpEndpoint(mail, 'https://nobody.example/')).toBeNull();
  expect(await giveUpEndpoint(mail, receiver.url)).toEqual([{ id, url: receiver.url, forgotten: true, dropped: 2 }]);
  expect([await failingEndpoints(mail.store), await giveUpEndpoint(mail, id), await enableEndpoint(mail, id)]).toEqual([[], null, null]);
  await worker.flushWebhooks(10_000);
  expect(receiver.received).toHaveLength(2);

  // A try that was under way while the endpoint was forgotten fails afterwards.
  const held: ServerResponse[] = [];
  receiver.answer = (response, nth) => void (nth === 3 ? held.push(response) : response.writeHead(503).end());
  await mail.canceled(null, [{ id: 'g3', webhook: receiver.url }]);
  await receiver.came(3);
  await mail.canceled(null, [{ id: 'g4', webhook: receiver.url }]);
  await mail.logged('g4', 2);
  expect(await giveUpEndpoint(mail, receiver.url)).toMatchObject([{ forgotten: true, dropped: 2 }]);
  held[0]?.writeHead(503).end();
  expect(await worker.flushWebhooks(10_000)).toBe(0);
  expect(await failingEndpoints(mail.store)).toEqual([]);

  const failing = 'https://failing.example/';
  await noteFailure(mail.store, failing, { why: 'HTTP 500', by: 'x' }, { afterMs: 0, afterFailures: 10 });
  expect(await giveUpEndpoint(mail, failing)).toMatchObject([{ forgotten: false, dropped: 0 }]);
  expect(await failingEndpoints(mail.store)).toMatchObject([{ url: failing }]);
});

test('a success between failures starts the count anew', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response, nth) => void response.writeHead(nth % 3 === 0 ? 200 : 500).end();
  const mail = await openMail();
  await mail.worker({ rules: { ...FAST, disable: { afterMs: 0, afterFailures: 3 } } });
  for (const id of ['g1', 'g2', 'g3']) {
    await mail.canceled(null, [{ id, webhook: receiver.url }]);
    expect((await mail.logged(id, 3))[0]).toMatchObject({ outcome: 'delivered' });
  }
  expect(await failingEndpoints(mail.store)).toEqual([]);
});

test('an event that nobody takes is given up after its schedule, and kept for a person', async () => {
  const receiver = await openReceiver();
  receiver.answer = (response) => void response.writeHead(500).end();
  const mail = await openMail();
  await mail.canceled(null, [{ id: 'g1', webhook: receiver.url }]);
  await mail.worker({ rules: { ...FAST, retryMs: [1, 1] } });
  const log = await mail.logged('g1', 3);
  expect(log.map(({ outcome }) => outcome)).toEqual(['ended', 'failed', 'failed']);
  await expect.poll(async () => (await readEvent(mail.store, log[0]?.id ?? ''))?.state).toBe('ended');
  expect(await failingEndpoints(mail.store)).toMatchObject([{ failures: 3, disabledAt: null, undelivered: 1 }]);
});
