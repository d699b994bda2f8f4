import { afterEach, expect, test } from 'vitest';
import { ORDERS, TestClient } from '../test-client.ts';
import type { Fault } from './fault.ts';

let client: TestClient;
afterEach(() => client.close());

async function link(fault: Omit<Fault, 'on'>): Promise<string> {
  client = await TestClient.open({ durations: { kling: 0 }, faults: [{ on: 'asset', ...fault }] });
  const { json } = await client.post(ORDERS.kling.path, ORDERS.kling.body);
  return String(json['data']?.['task_result']?.['videos']?.[0]?.['url']);
}

test.each(['cut', 'wrong-length'])('%s ends before the promised length', async (what) => {
  const response = await fetch(await link({ what, times: 1 }));
  expect(response.status).toBe(200);
  await expect(response.arrayBuffer()).rejects.toThrow();
});

test.each(['reset'])('%s breaks the connection', async (what) => {
  await expect(fetch(await link({ what }))).rejects.toThrow();
});

test('stall sends the first bytes and then nothing', async () => {
  const response = await fetch(await link({ what: 'stall', bytes: 10 }));
  const reader = response.body?.getReader();
  expect((await reader?.read())?.value).toHaveLength(10);
  const rest = reader?.read().catch(() => 'ended by close');
  await client.close();
  expect(await rest).toBe('ended by close');
});

test('silence does not even send a status', async () => {
  const hanging = fetch(await link({ what: 'silence' })).catch(() => 'ended by close');
  await Promise.race([hanging, client.get('/_simulator/requests')]);
  await client.close();
  expect(await hanging).toBe('ended by close');
});

test.each([['html', 200, 'text/html'], ['404', 404, 'application/xml'], ['403-expired', 403, 'application/xml'], ['500', 500, 'application/xml'], ['503', 503, 'application/xml']])(
  '%s answers %i as %s', async (what, status, type) => {
    const response = await fetch(await link({ what }));
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
  });

test('truncated-mp4 is complete as HTTP but not as a video, empty has no byte', async () => {
  const half = Buffer.from(await (await fetch(await link({ what: 'truncated-mp4', bytes: 50 }))).arrayBuffer());
  expect(half).toHaveLength(50);
  await client.close();
  const none = await fetch(await link({ what: 'empty' }));
  expect([none.status, (await none.arrayBuffer()).byteLength]).toEqual([200, 0]);
});

test('redirect leads to the video by one hop, redirect-loop to itself, redirect-private into a private network', async () => {
  const once = await fetch(await link({ what: 'redirect', times: 1 }));
  expect([once.status, once.redirected]).toEqual([200, true]);
  await once.arrayBuffer();
  await client.close();
  const loop = await link({ what: 'redirect-loop' });
  expect((await fetch(loop, { redirect: 'manual' })).headers.get('location')).toBe(loop);
  await expect(fetch(loop)).rejects.toThrow();
  await client.close();
  const inside = await fetch(await link({ what: 'redirect-private' }), { redirect: 'manual' });
  expect(inside.headers.get('location')).toBe('http://10.0.0.1/private.mp4');
});
