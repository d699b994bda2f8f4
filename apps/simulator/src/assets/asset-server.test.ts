import { afterEach, expect, test } from 'vitest';
import type { SimulatorOptions } from '../index.ts';
import { ORDERS, TestClient } from '../test-client.ts';
import { byteRange } from './byte-range.ts';

let client: TestClient;
afterEach(() => client.close());

async function finishedVideo(options: SimulatorOptions = {}): Promise<{ url: string; id: string }> {
  client = await TestClient.open({ durations: { kling: 0 }, ...options });
  const { json } = await client.post(ORDERS.kling.path, ORDERS.kling.body);
  return { url: String(json['data']?.['task_result']?.['videos']?.[0]?.['url']), id: String(json['data']?.['task_id']) };
}

test('a result is a whole MP4 on another origin, and carries its task id', async () => {
  const { url, id } = await finishedVideo();
  expect(new URL(url).origin).not.toBe(new URL(client.simulator.url).origin);
  const response = await fetch(url);
  const file = Buffer.from(await response.arrayBuffer());
  expect(response.headers.get('content-type')).toBe('video/mp4');
  expect(Number(response.headers.get('content-length'))).toBe(file.length);
  expect(boxes(file)).toEqual(['ftyp', 'moov', 'free', 'mdat', 'free']);
  expect(file.includes(id)).toBe(true);
});

test('HEAD tells the length and sends no body', async () => {
  const { url } = await finishedVideo();
  const head = await fetch(url, { method: 'HEAD' });
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1000);
  expect(await head.text()).toBe('');
});

test('a range is answered with 206, an impossible one with 416, a stale If-Range with the whole', async () => {
  const { url } = await finishedVideo();
  const whole = await fetch(url);
  const file = Buffer.from(await whole.arrayBuffer());
  const part = await fetch(url, { headers: { 'range': 'bytes=100-199', 'if-range': whole.headers.get('etag') ?? '' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${file.length}`]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(file.subarray(100, 200));
  const beyond = await fetch(url, { headers: { range: `bytes=${file.length}-` } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${file.length}`]);
  expect((await fetch(url, { headers: { 'range': 'bytes=0-1', 'if-range': '"old"' } })).status).toBe(200);
});

test.each([
  ['bytes=0-0', { start: 0, end: 0 }], ['bytes=5-', { start: 5, end: 9 }], ['bytes=-3', { start: 7, end: 9 }], ['bytes=5-99', { start: 5, end: 9 }],
  ['bytes=10-', 'unsatisfiable'], ['bytes=-0', 'unsatisfiable'], ['bytes=0-1,3-4', 'whole'], ['items=0-1', 'whole'], [undefined, 'whole'],
])('the range %s of ten bytes is %j', (header, expected) => {
  expect(byteRange(header, 10)).toEqual(expected);
});

test('a forged link and an expired one are refused', async () => {
  const { url } = await finishedVideo();
  expect((await fetch(url.replace('Signature=', 'Signature=0'))).status).toBe(403);
  await client.close();
  const stale = await fetch((await finishedVideo({ linkLifeMs: -1 })).url);
  expect([stale.status, await stale.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
});

test('a link is signed anew with every answer', async () => {
  const { url, id } = await finishedVideo({ linkLifeMs: 1000 });
  const first = Number(new URL(url).searchParams.get('Expires'));
  const { json } = await client.get(`${ORDERS.kling.path}/${id}`);
  const again = new URL(String(json['data']?.['task_result']?.['videos']?.[0]?.['url']));
  expect(Number(again.searchParams.get('Expires'))).toBeGreaterThanOrEqual(first);
});

test('a video is not there before its task is done', async () => {
  client = await TestClient.open({ faults: [{ on: 'poll', what: 'record:12' }] });
  const { json } = await client.post('/hailuo/videos', ORDERS.hailuo.body);
  const told = await client.post('/hailuo/tasks', { id: json['task_id'] });
  expect((await fetch(String(told.json['response']?.['data']?.[0]?.['video_url']))).status).toBe(404);
});

test('a key sent to the asset origin is seen', async () => {
  const { url } = await finishedVideo();
  const seen = client.simulator.nextRequest(({ kind }) => kind === 'asset');
  await (await fetch(url, { headers: { authorization: 'Bearer key' } })).arrayBuffer();
  expect(await seen).toMatchObject({ authorization: true, provider: 'kling', status: 200 });
  expect((await client.get('/_simulator/requests')).json['leakedKeys']).toBe(1);
});

test('the ratio that was asked for decides the shape', async () => {
  client = await TestClient.open({ faults: [{ on: 'create', what: 'finish-at-once' }] });
  const tall = await client.post('/luma/videos', { ...ORDERS.luma.body, aspect_ratio: '9:16' });
  expect(tall.json).toMatchObject({ video_width: 180, video_height: 320 });
});

function boxes(file: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32BE(at)) names.push(file.toString('latin1', at + 4, at + 8));
  return names;
}
