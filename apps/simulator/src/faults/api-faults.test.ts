import { afterEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from '../test-client.ts';
import { errorRowNames } from './error-rows.ts';

let client: TestClient;
afterEach(async () => client.close());

const { path, body } = ORDERS.kling;

async function failure(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(() => undefined, (error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause as NodeJS.ErrnoException : undefined;
    return cause?.code ?? String(error);
  });
}

test.each([['500', 500], ['502', 502], ['503', 503], ['504', 504], ['408', 408], ['409', 409], ['429-html', 429], ['html-502', 502]])(
  'a create that meets %s answers HTML and makes no task', async (what, status) => {
    client = await TestClient.open({ faults: [{ on: 'create', what, times: 1 }] });
    const told = await client.post(path, body);
    expect(told).toMatchObject({ status, text: expect.stringContaining('<html>') });
    expect(client.simulator.counts()).toMatchObject({ accepted: 0, refused: 1 });
    expect((await client.post(path, body)).status).toBe(200);
  });

test('a 500 can hide an accepted order', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: '500', accepted: true }] });
  expect((await client.post(path, body)).status).toBe(500);
  expect(client.simulator.ledger()).toMatchObject([{ provider: 'kling', spoiledBy: '500' }]);
});

test.each([['html-200', '<html>'], ['empty-200', ''], ['truncated-json', '{"code":0']])('%s answers 200 with nothing useful, but the order was taken', async (what, text) => {
  client = await TestClient.open({ faults: [{ on: 'create', what }] });
  const told = await client.post(path, body);
  expect(told).toMatchObject({ status: 200, text: expect.stringContaining(text), json: {} });
  expect(Object.keys(told.json)).toEqual([]);
  expect(client.simulator.ledger()).toHaveLength(1);
});

test.each([['reset-before-read', 0], ['reset-after-read-not-accepted', 0], ['reset-after-read', 1]])('%s resets the connection and leaves %i orders', async (what, accepted) => {
  client = await TestClient.open({ faults: [{ on: 'create', what }] });
  expect(await failure(client.post(path, body))).toBe('ECONNRESET');
  expect(client.simulator.ledger()).toHaveLength(accepted);
});

test.each([[undefined, 0], [true, 1]])('silence never answers; with accepted %s it leaves %i orders', async (accepted, orders) => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'silence', accepted }] });
  const decided = client.simulator.nextRequest(({ kind }) => kind === 'create');
  const hanging = failure(client.post(path, body));
  await decided;
  expect(client.simulator.ledger()).toHaveLength(orders);
  await client.close();
  expect(await hanging).toBeDefined();
});

test('a late answer is held back while the order is already taken', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'late-answer', ms: 30 }] });
  const decided = client.simulator.nextRequest(({ kind }) => kind === 'create');
  const answer = client.post(path, body);
  await decided;
  expect(client.simulator.ledger()).toHaveLength(1);
  expect((await answer).json['code']).toBe(0);
});

test('a slow drip ends as the whole answer', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'slow-drip', ms: 0 }] });
  expect((await client.post(path, body)).json).toMatchObject({ code: 0, data: { task_status: 'submitted' } });
});

test('a redirect leads to the asset origin, where a key that follows is seen', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'redirect' }] });
  const told = await client.get(`${path}/1`);
  expect(told.status).toBe(302);
  const seen = client.simulator.nextRequest(({ kind }) => kind === 'asset');
  await fetch(told.headers.get('location') ?? '', { headers: { authorization: 'Bearer key' } });
  expect(await seen).toMatchObject({ path: '/elsewhere', authorization: true });
});

test.each([['retry-after-seconds', 'retry-after', /^2$/], ['retry-after-ms', 'retry-after-ms', /^2000$/], ['retry-after-date', 'retry-after', /GMT$/]])(
  '%s refuses for the rate and says when to come back', async (what, header, value) => {
    client = await TestClient.open({ faults: [{ on: 'create', what }] });
    const kling = await client.post(path, body);
    expect(kling).toMatchObject({ status: 429, json: { code: 1302 } });
    expect(kling.headers.get(header)).toMatch(value);
    expect((await client.post('/luma/videos', ORDERS.luma.body)).json).toMatchObject({ error: { code: 'too_many_requests' } });
  });

test.each(errorRowNames())('the error row %s can be met on create and makes no task', async (what) => {
  client = await TestClient.open({ faults: [{ on: 'create', what }] });
  const vendor = what.split(':')[0];
  const order = ORDERS[vendor === 'acedata' ? 'hailuo' : vendor === 'allegro' ? 'allegro' : 'kling'];
  const told = await client.post(order.path, order.body);
  expect(told.text).not.toContain('task_id');
  expect(client.simulator.requests({ kind: 'create' })).toMatchObject([{ fault: what, status: told.status }]);
  expect(client.simulator.ledger()).toEqual([]);
});

test('an error row is for its own vendor, and its status can be changed', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'acedata:token_mismatched@401' }, { on: 'create', what: 'kling:1303@200' }] });
  expect(await client.post('/pika/videos', ORDERS.pika.body)).toMatchObject({ status: 401, json: { error: { code: 'token_mismatched' } } });
  expect(await client.post(path, body)).toMatchObject({ status: 200, json: { code: 1303 } });
  expect((await client.post('/v1/generateVideoSyn', ORDERS.allegro.body)).json['status']).toBe(0);
});
