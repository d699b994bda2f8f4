/** What is no request that can be answered has the API's answer all the same: its body, its id, its headers. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { createLog, listen } from '@dailies/queue';
import { answerErrors } from '../../apps/producer/src/api/http/answer-errors.ts';
import { requestId } from '../../apps/producer/src/api/http/request-id.ts';
import { answerUnreadable, refuseUnreadable } from '../../apps/producer/src/api/http/unreadable.ts';
import { openApi } from '../support/api.ts';
import { storeVideo } from '../support/stored-video.ts';
import { checkAgainst } from './schema-check.ts';

const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
const BATCH = 'POST /v1/batches?batch=cut HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n';

test.each([
  ['what is no HTTP', 'hello\r\n\r\n', 400, 'malformed'],
  ['a request without Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'malformed'],
  ['headers that are too large', `${HEALTH}Cookie: ${'x'.repeat(500_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ['an expectation that nobody knows', `${HEALTH}Expect: a-miracle\r\n\r\n`, 417, 'expectation'],
  ['a body whose chunks are none', `${BATCH}Transfer-Encoding: chunked\r\n\r\nno chunk\r\n`, 400, 'malformed'],
  ['chunks with an extension that does not end', `${BATCH}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`, 413, 'too-large'],
])('%s is answered as everything else', async (_what, sent, status, code) => {
  const { url, ask } = await openApi();
  const answer = readAnswer(await textOf(lineTo(url, sent)));
  expect(answer).toMatchObject({ status, body: { status, code, type: `/docs#problem-${code}` } });
  expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8', connection: 'close', 'cache-control': 'no-store' });
  expect(answer.headers['x-request-id']).toBe(answer.body['requestId']);
  expect(answer.headers['content-security-policy']).toBeDefined();
  const check = checkAgainst((await ask('GET', '/openapi.json')).body);
  for (const operation of check.operations) expect(check.faultOf(operation, status, new Headers(answer.headers), answer.text)).toBeNull();
});

test('a request that does not come in time is answered as everything else', async () => {
  const { server, url } = await openBare();
  const caller = lineTo(url, `${HEALTH}X-`);
  await once(server, 'connection');
  expect(readAnswer(await textOf(caller))).toMatchObject({ status: 408, body: { code: 'too-slow' } });
});

test.each(['GET /healthz', 'GET /nowhere', 'PUT /v1/generations'])('what is no HTTP, in one packet behind %s, ends its connection and nothing else', async (first) => {
  const { url, ask } = await openApi();
  const answered = await textOf(lineTo(url, `${first} HTTP/1.1\r\nHost: localhost\r\n\r\nhello\r\n\r\n`));
  expect(answered.match(/HTTP\/1.1 /g) ?? []).toHaveLength(1);
  expect((await ask('GET', '/healthz')).status).toBe(200);
});

test('a body that is none, of a request whose body nobody reads, ends its connection and nothing else', async () => {
  const api = await openApi();
  const { url, ask } = api;
  await storeVideo(api);
  const video = '/v1/generations/one/videos/0';
  const answered = await textOf(lineTo(url, `GET ${video} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n`));
  expect(answered).not.toContain('HTTP/1.1 400');
  expect((await ask('GET', video)).status).toBe(200);
});

test('an answer that a whole request waits for is never taken by what comes behind it', async () => {
  const { ask, url } = await openApi();
  await ask('POST', '/v1/batches', { batch: 'wide', items: [{ provider: 'luma', prompt: 'x' }] });
  const follower = lineTo(url, 'GET /v1/batches/wide/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(follower, 'data');
  const rest = textOf(follower);
  follower.write('hello\r\n\r\n');
  expect(await rest).not.toContain('HTTP/1.1 400');
});

function lineTo(url: string, sent: string): Socket {
  const { hostname, port } = new URL(url);
  const line = connect(Number(port), hostname);
  onTestFinished(() => void line.destroy());
  line.write(sent);
  return line;
}

function readAnswer(whole: string): { status: number; headers: Record<string, string>; body: Record<string, unknown>; text: string } {
  const [head = '', text = ''] = whole.split('\r\n\r\n', 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
  return { status: Number(first.split(' ')[1]), headers, body: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>, text };
}

/** The API's own waits ten seconds for headers. */
async function openBare(): Promise<{ server: Server; url: string }> {
  const application = express().use(requestId(), refuseUnreadable(), answerErrors(createLog({ level: 'silent', name: 'test' }), async () => []));
  const server = createServer({ headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 10 }, application);
  answerUnreadable(server, application);
  onTestFinished(() => void server.close());
  return { server, url: (await listen(server, { host: '127.0.0.1', port: 0, variables: { host: 'API_HOST', port: 'PORT' } })).url };
}
