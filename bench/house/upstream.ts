/**
 * An upstream with Allegro's wire, a process of its own, as cheap as node:http allows. Task `t<n>` is the nth. Tasks that were submitted here are
 * ready after a while, all others never. It keeps when each was submitted, polled and first seen to be ready, and which polls were cut off.
 * Sends its port to the process that started it, and ends with it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tinyMp4 } from '../../apps/worker/src/download/testing/tiny-mp4.ts';

const [tasks = 0, answerMs = 0, readyMs = 0] = process.argv.slice(2).map(Number);
const file = tinyMp4({ mediaBytes: 16 * 1024 });
/** Epoch milliseconds; 0: not yet. */
const firstLooks = new Float64Array(tasks);
const answeredAt = new Float64Array(tasks);
const cutOffAt = new Float64Array(tasks);
let looks = 0;
/** Milliseconds from a look that was cut off to the next one of its task. */
let resumed: number[] = [];
/** Milliseconds between an answer and the next look at the same task. */
let gaps: number[] = [];
const submits: { prompt: string; at: number; knownAt: number }[] = [];

function look(id: string, request: IncomingMessage, response: ServerResponse): void {
  const at = Number(id.slice(1));
  const now = Date.now();
  looks += 1;
  if (firstLooks[at] === 0) firstLooks[at] = now;
  if (cutOffAt[at] !== 0) resumed.push(now - (cutOffAt[at] ?? 0));
  else if (answeredAt[at] !== 0) gaps.push(now - (answeredAt[at] ?? 0));
  cutOffAt[at] = 0;
  const answer = (): void => {
    if (response.destroyed) return;
    answeredAt[at] = Date.now();
    const submit = submits[at];
    const isReady = submit !== undefined && readyMs > 0 && now >= submit.at + readyMs;
    if (isReady && submit.knownAt === 0) submit.knownAt = now;
    json(response, { message: 'success', data: isReady ? `http://${request.headers.host}/asset/${at}.mp4` : '', status: 0 });
  };
  response.once('close', () => {
    if (!response.writableFinished) cutOffAt[at] = Date.now();
  });
  if (answerMs === 0) answer();
  else setTimeout(answer, answerMs);
}

async function submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = Date.now();
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const { user_prompt: prompt = '' } = JSON.parse(text) as { user_prompt?: string };
  submits.push({ prompt, at, knownAt: 0 });
  json(response, { message: 'success', data: `t${submits.length - 1}`, status: 0 });
}

function json(response: ServerResponse, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function answerTo(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream');
  switch (pathname.split('/')[1]) {
    case 'v1':
      return request.method === 'POST' ? void submit(request, response) : look(searchParams.get('requestId') ?? '', request, response);
    case 'asset':
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': file.length });
      return void response.end(file);
    case 'looks':
      return json(response, { looks });
    case 'submits':
      return json(response, submits);
    case 'steps':
      json(response, { resumed, gaps, open: cutOffAt.filter((at) => at !== 0).length });
      if (!searchParams.has('keep')) [resumed, gaps] = [[], []];
      return;
    default:
      return json(response, [...firstLooks.subarray(Number(searchParams.get('from')), Number(searchParams.get('to')))]);
  }
}

const server = createServer(answerTo);
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', 2_048);
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.once('disconnect', () => process.exit(0));
