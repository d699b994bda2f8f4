import { afterEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from '../test-client.ts';

let client: TestClient;
afterEach(() => client.close());

const { path, body } = ORDERS.kling;
const finishOnSecondPoll = { on: 'poll', what: 'finish-at-once', after: 1 } as const;

test('a text-to-video task is submitted, then succeeds with a link', async () => {
  client = await TestClient.open({ faults: [finishOnSecondPoll] });
  const created = await client.post(path, { ...body, external_task_id: 'abc.1' });
  expect(created.json).toMatchObject({
    code: 0, message: 'SUCCEED', request_id: expect.any(String),
    data: { task_id: expect.stringMatching(/^\d{18}$/), task_status: 'submitted', task_info: { external_task_id: 'abc.1' }, created_at: expect.any(Number) },
  });
  const id = created.json['data']?.['task_id'];
  expect((await client.get(`${path}/${id}`)).json['data']).toMatchObject({ task_status: 'submitted', task_result: {}, task_status_msg: '' });
  const done = await client.get(`${path}/${id}`);
  expect(done.json['data']).toMatchObject({ task_status: 'succeed', task_result: { videos: [{ url: expect.stringContaining('.mp4?Expires='), duration: '5' }] } });
});

test('a copy with a watermark is made where one was asked for, in both dialects', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'finish-at-once' }] });
  const watermark_info = { enabled: true };
  const { json } = await client.post(path, { ...body, watermark_info });
  const told = await client.get(`${path}/${json['data']?.['task_id']}`);
  const marked = { url: expect.stringContaining('.mp4?'), watermark_url: expect.stringContaining('.watermark.mp4?') };
  expect(told.json['data']).toMatchObject({ task_result: { videos: [marked] } });
  const copy = await fetch(String(told.json['data']?.['task_result']?.['videos']?.[0]?.['watermark_url']));
  expect([copy.status, copy.headers.get('content-type')]).toEqual([200, 'video/mp4']);
  const turbo = await client.post('/v1/ai/ep1/kling/videos/text-to-video/kling-3.0-turbo', { prompt: 'a dog', options: { watermark_info } });
  const told2 = await client.get(`/v1/ai/ep1/kling/tasks?task_ids=${turbo.json['data']?.['id']}`);
  expect(told2.json['data']).toMatchObject([{ outputs: [marked] }]);
});

test('a failure says so in task_status_msg while the envelope still succeeds', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'task-fails', reason: 'Image pixel is invalid' }] });
  const { json } = await client.post('/v1/ai/ep1/kling/videos/image2video', { image: 'https://example.com/a.png' });
  const told = await client.get(`/v1/ai/ep1/kling/videos/image2video/${json['data']?.['task_id']}`);
  expect(told).toMatchObject({ status: 200, json: { code: 0, message: 'SUCCEED', data: { task_status: 'failed', task_status_msg: 'Image pixel is invalid', task_result: {} } } });
});

test('a task is unknown under another kind, endpoint path or key', async () => {
  client = await TestClient.open();
  const { json } = await client.post(path, body);
  const id = json['data']?.['task_id'];
  const others = await Promise.all([
    client.get(`/v1/ai/ep1/kling/videos/image2video/${id}`), client.get(`/v1/ai/ep2/kling/videos/text2video/${id}`), client.get(`${path}/${id}`, 'another'),
  ]);
  expect(others.map((told) => [told.status, told.json['code']])).toEqual([[404, 1203], [404, 1203], [404, 1203]]);
});

test('a task is found by its external id, in the path, in the query and in the list', async () => {
  client = await TestClient.open();
  const { json } = await client.post(path, { ...body, external_task_id: 'abc.1' });
  await client.post(path, body);
  const id = json['data']?.['task_id'];
  expect((await client.get(`${path}/abc.1`)).json['data']?.['task_id']).toBe(id);
  expect((await client.get(`${path}?external_task_id=abc.1`)).json['data']?.['task_id']).toBe(id);
  expect((await client.get(`${path}/nobody.1`)).json['code']).toBe(1203);
  const page = await client.get(`${path}?pageNum=2&pageSize=1`);
  expect(page.json['data']).toMatchObject([{ task_id: id, task_info: { external_task_id: 'abc.1' } }]);
});

test('a used external id is refused with 1201, or accepted when so configured', async () => {
  client = await TestClient.open();
  const order = { ...body, external_task_id: 'abc.1' };
  await client.post(path, order);
  expect(await client.post(path, order)).toMatchObject({ status: 400, json: { code: 1201 } });
  expect((await client.post(path, order, 'another')).status).toBe(200);
  await client.close();
  client = await TestClient.open({ duplicateExternalId: 'accept' });
  await client.post(path, order);
  expect((await client.post(path, order)).status).toBe(200);
  expect(client.simulator.ledger().map(({ clientId }) => clientId)).toEqual(['abc.1', 'abc.1']);
});

test('the model defaults to kling-v1, and an unknown field such as model is ignored', async () => {
  client = await TestClient.open();
  await client.post(path, { prompt: 'a dog', model: 'kling-v2-6' });
  expect(client.simulator.ledger()).toMatchObject([{ provider: 'kling', model: 'kling-v1' }]);
});

test.each([
  [{ prompt: '' }], [{ prompt: 7 }], [{ cfg_scale: 1.5 }], [{ mode: 'standard' }], [{ duration: 5 }], [{ duration: '7' }],
  [{ aspect_ratio: '4:3' }], [{ sound: true }], [{ model_name: 'sora' }], [{ camera_control: { type: 'simple', config: { pan: 1, tilt: 2 } } }],
])('a text order with %j is refused with 1201', async (change) => {
  client = await TestClient.open();
  expect(await client.post(path, { ...body, ...change })).toMatchObject({ status: 400, json: { code: 1201 } });
});

test('a prompt of more than 2500 characters is refused with 1201', async () => {
  client = await TestClient.open();
  expect((await client.post(path, { prompt: 'x'.repeat(2500) })).status).toBe(200);
  expect((await client.post(path, { prompt: 'x'.repeat(2501) })).json['code']).toBe(1201);
});

test.each([
  [{}], [{ image: 'data:image/png;base64,AAAA' }], [{ image: 'AAAA', image_tail: 'BBBB', camera_control: { type: 'down_back' } }],
])('an image order with %j is refused with 1201', async (order) => {
  client = await TestClient.open();
  expect((await client.post('/v1/ai/ep1/kling/videos/image2video', order)).json['code']).toBe(1201);
});

test('the new-style model speaks the second dialect', async () => {
  client = await TestClient.open({ faults: [finishOnSecondPoll] });
  const route = '/v1/ai/ep1/kling/videos/text-to-video/kling-3.0-turbo';
  const created = await client.post(route, { prompt: 'a dog', settings: { duration: 7 }, options: { external_task_id: 'new.1' } });
  expect(created.json['data']).toMatchObject({ id: expect.stringMatching(/^\d{18}$/), status: 'submitted', message: '', create_time: expect.any(Number) });
  const id = created.json['data']?.['id'];
  expect((await client.get(`${route}/${id}`)).json['data']).toMatchObject({ status: 'submitted' });
  const done = await client.get(`/v1/ai/ep1/kling/tasks?task_ids=${id}`);
  expect(done.json['data']).toMatchObject([{ status: 'succeeded', external_id: 'new.1', outputs: [{ type: 'video', url: expect.any(String), duration: '7' }] }]);
  expect((await client.get('/v1/ai/ep1/kling/tasks?external_task_ids=new.1')).json['data']).toMatchObject([{ id }]);
  expect((await client.post(route, { prompt: 'a dog', settings: { duration: '5' } })).json['code']).toBe(1201);
});

test('keys are refused with 1001 and 1002, and a full account with 1303', async () => {
  client = await TestClient.open({ keys: ['right'], limits: { kling: 1 } });
  expect(await client.post(path, body, '')).toMatchObject({ status: 401, json: { code: 1001 } });
  expect(await client.post(path, body, 'wrong')).toMatchObject({ status: 401, json: { code: 1002 } });
  expect((await client.post(path, body, 'right')).status).toBe(200);
  expect(await client.post(path, body, 'right')).toMatchObject({ status: 429, json: { code: 1303 } });
});
