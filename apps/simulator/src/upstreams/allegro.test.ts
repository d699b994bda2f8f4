import { afterEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from '../test-client.ts';

let client: TestClient;
afterEach(() => client.close());

const { path, body } = ORDERS.allegro;

test('a video is pending with empty data, then a link to a playable file', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'finish-at-once', after: 1 }] });
  const created = await client.post(path, body);
  expect(created.json).toEqual({ message: '成功', data: expect.stringMatching(/^[0-9a-f-]{36}$/), status: 0 });
  const query = `/v1/videoQuery?requestId=${created.json['data']}`;
  expect((await client.get(query)).json).toEqual({ message: '成功', data: '', status: 0 });
  const done = await client.get(query);
  expect(done.json['status']).toBe(0);
  const file = Buffer.from(await (await fetch(String(done.json['data']))).arrayBuffer());
  expect(file.subarray(4, 8).toString()).toBe('ftyp');
});

test('a failed video is error JSON as text in the success envelope', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'task-fails' }] });
  const { json } = await client.post(path, body);
  const told = await client.get(`/v1/videoQuery?requestId=${json['data']}`);
  expect(told.json['status']).toBe(0);
  expect(told.json['data']).toBe('error: {"code":503,"type":"InternalServerException","message":"Prediction failed"}');
});

test('a refined prompt of seven words is refused by status, with HTTP 200', async () => {
  client = await TestClient.open();
  const told = await client.post(path, { ...body, refined_prompt: 'one two three four five six seven' });
  expect(told).toMatchObject({ status: 200, json: { status: 1, message: 'refined_prompt must have at least 8 words' } });
  expect(client.simulator.counts()).toMatchObject({ accepted: 0, refused: 1 });
});

test.each(['user_prompt', 'num_step', 'cfg_scale', 'rand_seed'])('an order without %s is refused by name', async (field) => {
  client = await TestClient.open();
  const { json } = await client.post(path, { ...body, [field]: undefined });
  expect(json).toMatchObject({ status: 1, message: expect.stringContaining(field) });
});

test('an id that was never given out looks like a pending video', async () => {
  client = await TestClient.open();
  expect((await client.get('/v1/videoQuery?requestId=nobody')).json).toEqual({ message: '成功', data: '', status: 0 });
});

test('a key that is not on the list gets 401', async () => {
  client = await TestClient.open({ keys: ['right'] });
  expect((await client.post(path, body, 'wrong')).status).toBe(401);
  expect((await client.post(path, body, '')).status).toBe(401);
  expect((await client.post(path, body, 'right')).status).toBe(200);
});
