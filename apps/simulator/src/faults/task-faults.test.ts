import { afterEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from '../test-client.ts';

let client: TestClient;
afterEach(() => client.close());

const { path, body } = ORDERS.kling;

async function order(): Promise<string> {
  return String((await client.post(path, body)).json['data']?.['task_id']);
}

test('task-fails on create ends the task as failed when its time has come', async () => {
  client = await TestClient.open({ durations: { kling: 0 }, faults: [{ on: 'create', what: 'task-fails', reason: 'no' }] });
  expect((await client.get(`${path}/${await order()}`)).json['data']).toMatchObject({ task_status: 'failed', task_status_msg: 'no' });
});

test('an end on a poll stays, though the fault is gone', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'finish-at-once', times: 1 }] });
  const id = await order();
  for (const _ of [1, 2]) expect((await client.get(`${path}/${id}`)).json['data']).toMatchObject({ task_status: 'succeed' });
});

test('no-output on create succeeds without a video for ever', async () => {
  client = await TestClient.open({ durations: { kling: 0 }, faults: [{ on: 'create', what: 'no-output' }] });
  const id = await order();
  for (const _ of [1, 2]) expect((await client.get(`${path}/${id}`)).json['data']).toMatchObject({ task_status: 'succeed', task_result: { videos: [] } });
});

test('unknown-word and missing on a poll spoil that answer only', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'unknown-word', times: 1 }, { on: 'poll', what: 'missing', times: 1 }] });
  const id = await order();
  expect((await client.get(`${path}/${id}`)).json['data']).toMatchObject({ task_status: 'in_review' });
  expect(await client.get(`${path}/${id}`)).toMatchObject({ status: 404, json: { code: 1203 } });
  expect((await client.get(`${path}/${id}`)).json['data']).toMatchObject({ task_status: 'submitted' });
});

test('missing on create hides the task from polls and lists until its time', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'missing', ms: 3_600_000 }] });
  const id = await order();
  expect((await client.get(`${path}/${id}`)).json['code']).toBe(1203);
  expect((await client.get(`${path}?pageNum=1`)).json['data']).toEqual([]);
  const hailuo = await client.post('/hailuo/videos', ORDERS.hailuo.body);
  expect((await client.post('/hailuo/tasks', { action: 'retrieve', id: hailuo.json['task_id'] })).text).toBe('{}');
});

test('numeric-task-id sends the id unquoted, in the order, in polls and in lists', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'numeric-task-id' }] });
  const created = await client.post(path, body);
  const [, id] = /"task_id":(\d{18}),/.exec(created.text) ?? [];
  expect(id).toBeDefined();
  expect(String(created.json['data']?.['task_id'])).not.toBe(id);
  expect((await client.get(`${path}/${id}`)).text).toContain(`"task_id":${id},`);
  expect((await client.get(`${path}?pageNum=1`)).text).toContain(`"task_id":${id},`);
});

test.each([[1, {}], [3, { response: { success: true } }], [8, { response: { success: false, error: { code: 'api_error' } } }], [12, { response: { data: [{ state: 'succeeded' }] } }]])(
  'record:%i shows that published record', async (number, record) => {
    client = await TestClient.open({ faults: [{ on: 'poll', what: `record:${number}` }] });
    const { json } = await client.post('/pika/videos', ORDERS.pika.body);
    expect((await client.post('/pika/tasks', { action: 'retrieve', id: json['task_id'] })).json).toMatchObject(record);
  });
