import { afterEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from '../test-client.ts';

let client: TestClient;
afterEach(() => client.close());

const SERVICES = ['hailuo', 'pika', 'luma'] as const;
const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);

test.each(SERVICES)('%s gives an id at once, is running without a state of its own, then shows the result', async (service) => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'finish-at-once', after: 1 }] });
  const { path, body } = ORDERS[service];
  const created = await client.post(path, { ...body, trace_id: 'nonce-1' });
  expect(created.json).toEqual({ success: true, task_id: uuid });
  const id = created.json['task_id'];
  const running = await client.post(`/${service}/tasks`, { action: 'retrieve', id });
  expect(running.json).toMatchObject({ id, finished_at: null, request: { ...body, trace_id: 'nonce-1' }, created_at: expect.any(Number) });
  const done = await client.post(`/${service}/tasks`, { action: 'retrieve', id });
  expect(done.json).toMatchObject({ id, finished_at: expect.any(Number), response: { success: true, task_id: id } });
  const response = done.json['response'];
  const result = service === 'luma' ? response : response?.['data']?.[0];
  expect(result).toMatchObject({ state: service === 'luma' ? 'completed' : 'succeeded', video_url: expect.stringContaining(`/${service}/${id}.mp4`) });
});

test('with callback_url alone the answer is the bare task id of the older documents', async () => {
  client = await TestClient.open();
  const { json } = await client.post('/pika/videos', { action: 'generate', prompt: 'moving', callback_url: 'https://example.invalid/n' });
  expect(json).toEqual({ task_id: uuid });
});

test('without async and callback_url the call blocks until the video is done', async () => {
  client = await TestClient.open({ durations: { hailuo: 40, luma: 40 } });
  const { json } = await client.post('/hailuo/videos', { action: 'generate', prompt: 'Internal heat' });
  expect(json).toMatchObject({ success: true, task_id: uuid, trace_id: uuid, data: [{ model: 'minimax-t2v', prompt: 'Internal heat', state: 'succeeded' }] });
  const late = await client.post('/luma/videos', { prompt: 'volcano', timeout: 0.005 });
  expect(late).toMatchObject({ status: 504, json: { error: { code: 'timeout' } } });
});

test('a video that is done at once answers the whole result, though async was asked', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'finish-at-once' }] });
  const { json } = await client.post('/luma/videos', ORDERS.luma.body);
  expect(json).toMatchObject({ success: true, state: 'completed', video_url: expect.any(String), video_width: expect.any(Number), thumbnail_url: expect.any(String) });
});

test('an unknown id is an empty object with status 200', async () => {
  client = await TestClient.open();
  expect(await client.post('/hailuo/tasks', { action: 'retrieve', id: 'nobody' })).toMatchObject({ status: 200, text: '{}' });
});

test('a batch by ids counts as a poll of each of its tasks', async () => {
  client = await TestClient.open();
  const orders = await Promise.all([client.post('/luma/videos', ORDERS.luma.body), client.post('/luma/videos', ORDERS.luma.body)]);
  const ids = orders.map(({ json }) => String(json['task_id']));
  await client.post('/luma/tasks', { action: 'retrieve_batch', ids });
  const { json } = await client.get('/_simulator/requests?kind=poll');
  expect(Object.keys(json['polls'] ?? {}).toSorted((a, b) => a.localeCompare(b))).toEqual(ids.toSorted((a, b) => a.localeCompare(b)));
});

test('a batch is found by ids, or by the time window with its echoed request', async () => {
  client = await TestClient.open();
  const first = await client.post('/luma/videos', { ...ORDERS.luma.body, callback_url: 'https://example.invalid/nonce-1' });
  await client.post('/luma/videos', ORDERS.luma.body);
  await client.post('/hailuo/videos', ORDERS.hailuo.body);
  const byId = await client.post('/luma/tasks', { action: 'retrieve_batch', ids: [first.json['task_id'], 'nobody'] });
  expect(byId.json).toMatchObject({ count: 1, items: [{ id: first.json['task_id'] }] });
  const now = Date.now() / 1000;
  const window = await client.post('/luma/tasks', { action: 'retrieve_batch', created_at_min: now - 60, created_at_max: now + 60, type: 'videos', limit: 50 });
  expect(window.json).toMatchObject({ count: 2, items: [{}, { request: { callback_url: 'https://example.invalid/nonce-1' } }] });
  const earlier = await client.post('/luma/tasks', { action: 'retrieve_batch', created_at_max: now - 60 });
  expect(earlier.json).toEqual({ items: [], count: 0 });
});

test('a batch is a page of 12, also of ids, unless a limit is said', async () => {
  client = await TestClient.open({ limits: { acedata: 20 } });
  const ids: string[] = [];
  for (let order = 0; order < 14; order += 1) ids.push(String((await client.post('/luma/videos', ORDERS.luma.body)).json['task_id']));
  const told = async (more: object) => (await client.post('/luma/tasks', { action: 'retrieve_batch', ids, ...more })).json;
  expect(await told({})).toMatchObject({ count: 14, items: { length: 12 } });
  expect(await told({ limit: 14 })).toMatchObject({ count: 14, items: { length: 14 } });
  expect(await told({ offset: 12, limit: 14 })).toMatchObject({ items: { length: 2 } });
  expect(await told({ ids: ids[0] })).toMatchObject({ error: { code: 'bad_request' } });
});

test('a fault hits of a batch only the tasks that match, and one about several leaves single questions alone', async () => {
  client = await TestClient.open({
    faults: [
      { on: 'poll', what: 'left-out', match: 'first', many: true, times: 1 }, { on: 'poll', what: 'record:8', match: 'first', many: true, times: 1 },
      { on: 'poll', what: '500', match: 'first', many: true },
    ],
  });
  const order = async (prompt: string) => String((await client.post('/luma/videos', { ...ORDERS.luma.body, prompt })).json['task_id']);
  const ids = [await order('the first'), await order('the second')];
  const batch = () => client.post('/luma/tasks', { action: 'retrieve_batch', ids });
  expect((await batch()).json).toMatchObject({ count: 1, items: [{ id: ids[1] }] });
  const spoiled = (await batch()).json['items'] as unknown as { id: string; response: object | null }[];
  expect(spoiled.find(({ id }) => id === ids[0])?.response).toMatchObject({ error: { code: 'api_error' } });
  expect(spoiled.find(({ id }) => id === ids[1])?.response).not.toMatchObject({ error: {} });
  expect((await batch()).status).toBe(500);
  expect(await client.post('/luma/tasks', { action: 'retrieve', id: ids[0] })).toMatchObject({ status: 200, json: { id: ids[0] } });
});

test('a failed Hailuo record has no finished_at, a failed Luma record has one', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'task-fails', code: 'forbidden', reason: 'refused' }] });
  const told = await Promise.all((['hailuo', 'luma'] as const).map(async (service) => {
    const { json } = await client.post(ORDERS[service].path, ORDERS[service].body);
    return (await client.post(`/${service}/tasks`, { id: json['task_id'] })).json;
  }));
  for (const json of told) expect(json['response']).toMatchObject({ success: false, error: { code: 'forbidden', message: 'refused' } });
  expect(told.map((json) => 'finished_at' in json)).toEqual([false, true]);
});

test.each([
  ['/hailuo/videos', { action: 'generate', prompt: 'x', model: '2.0' }], ['/hailuo/videos', { action: 'generate', prompt: 'x', model: 'minimax-i2v' }],
  ['/hailuo/videos', { action: 'generate', prompt: 'x', model: 'minimax-i2v', first_image_url: 'AAAA' }], ['/hailuo/videos', { prompt: 'x' }],
  ['/pika/videos', { action: 'generate', prompt: 'x', model: 2 }], ['/pika/videos', { action: 'generate', prompt: 'x', image_url: 'https://example.com/a.png' }],
  ['/pika/videos', { action: 'generate', prompt: 'x', ingredients: true, ingredients_mode: 'precise' }],
  ['/luma/videos', { action: 'extend', prompt: 'x' }], ['/luma/videos', { prompt: 'x', loop: 'yes' }], ['/luma/tasks', { action: 'generate', id: 'x' }],
])('%s refuses %j as a bad request', async (path, body) => {
  client = await TestClient.open();
  expect(await client.post(path, body)).toMatchObject({ status: 400, json: { error: { code: 'bad_request' } } });
  expect(client.simulator.ledger()).toEqual([]);
});

test('one token shares five places among the three services', async () => {
  client = await TestClient.open();
  for (const service of [...SERVICES, 'hailuo', 'luma'] as const) expect((await client.post(ORDERS[service].path, ORDERS[service].body)).status).toBe(200);
  expect(await client.post('/pika/videos', ORDERS.pika.body)).toMatchObject({ status: 429, json: { success: false, error: { code: 'rate_limited' } } });
  expect((await client.post('/pika/videos', ORDERS.pika.body, 'another')).status).toBe(200);
  const [account] = Object.values(client.simulator.counts().accounts);
  expect(account).toEqual({ accepted: 5, refused: 1, inFlight: 5, peakInFlight: 5, limit: 5 });
});

test('keys are refused with no_token and invalid_token, unknown doors with no_api', async () => {
  client = await TestClient.open({ keys: ['right'] });
  expect(await client.post('/pika/videos', {}, '')).toMatchObject({ status: 400, json: { error: { code: 'no_token' } } });
  expect(await client.post('/pika/videos', {}, 'wrong')).toMatchObject({ status: 401, json: { error: { code: 'invalid_token' } } });
  expect(await client.post('/pika/images', {}, 'right')).toMatchObject({ status: 404, json: { error: { code: 'no_api' } } });
});
