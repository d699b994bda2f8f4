/**
 * Videos that are in a bucket: the API looks whether one is there, sends whoever asks for it there, and answers by itself what the link does not. It does so
 * unseen where the bucket is away.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Patch, type State, transition } from '@dailies/queue';
import { openApi, type TestApi } from '../support/api.ts';

const BUCKET = {
  S3_BUCKET: 'films',
  S3_ENDPOINT: 'http://127.0.0.1:1',
  S3_REGION: 'nowhere',
  S3_PATH_STYLE: 'on',
  S3_ACCESS_KEY_ID: 'id',
  S3_SECRET_ACCESS_KEY: 'secret',
  ALLOW_PRIVATE_ADDRESSES: 'on',
};
const FILE = { kind: 'video' as const, file: 'one.mp4', sha256: 'a'.repeat(64), bytes: 123_456, source: 'https://upstream.example/one.mp4' };

test('a GET is led to a link, and a HEAD, for which the link is not signed, is answered with type, length and ETag', async () => {
  const api = await openApi(BUCKET);
  await store(api);
  const ask = (method: string) => fetch(`${api.url}/v1/generations/one/videos/0`, { method, redirect: 'manual' });
  const got = await ask('GET');
  expect([got.status, got.headers.get('location')]).toEqual([302, expect.stringContaining('X-Amz-Signature=')]);
  const { status, headers } = await ask('HEAD');
  expect([status, headers.get('content-length'), headers.get('content-type'), headers.get('etag'), headers.get('location')]).toEqual([
    200,
    '123456',
    'video/mp4',
    `"${FILE.sha256}"`,
    null,
  ]);
});

test('a video that is gone from the bucket, or is another than what was stored, is not led to: the answer names the retry', async () => {
  let object: { 'content-length': number; 'x-amz-meta-sha256'?: string } | null = null;
  const bucket = createServer((_, response) => void response.writeHead(object === null ? 404 : 200, object ?? {}).end());
  onTestFinished(() => void bucket.close());
  await once(bucket.listen(0, '127.0.0.1'), 'listening');
  const api = await openApi({ ...BUCKET, S3_ENDPOINT: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}` });
  await store(api);
  const [same, shorter] = [{ 'content-length': FILE.bytes }, { 'content-length': FILE.bytes - 1 }];
  const [ours, another] = [{ ...same, 'x-amz-meta-sha256': FILE.sha256 }, { ...same, 'x-amz-meta-sha256': 'b'.repeat(64) }];
  for (const [found, status] of [[same, 302], [ours, 302], [shorter, 404], [another, 404], [null, 404]] as const) {
    object = found;
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(`${api.url}/v1/generations/one/videos/0`, { method, redirect: 'manual' });
      expect([answer.status, answer.headers.get('etag')]).toEqual(status === 404 ? [404, null] : method === 'GET' ? [302, null] : [200, `"${FILE.sha256}"`]);
      if (method === 'GET' && status === 404) expect(await answer.text()).toContain('POST /v1/generations/one/retry');
    }
  }
});

async function store(api: TestApi): Promise<void> {
  await api.ask('POST', '/v1/generations', { provider: 'luma', prompt: 'a shuttle flies from space into an old volcano', id: 'one' });
  const steps: [State, State, Patch][] = [
    ['queued', 'submitting', {}],
    ['submitting', 'downloading', {}],
    ['downloading', 'succeeded', { files: [FILE], folder: 's3://films/_single/2026-11' }],
  ];
  for (const [from, to, patch] of steps) {
    const admission = to === 'submitting' ? { reservation: 'one', limit: 5, limitOfProvider: 5, judgeAfterMs: 60_000 } : undefined;
    expect(await transition(api.store, await api.generation('one'), { from: [from], to, by: `1.${to}`, patch, admission })).toMatchObject({ outcome: 'won' });
  }
}
