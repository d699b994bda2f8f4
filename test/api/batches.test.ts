/** Batches over HTTP: all or nothing, or with a report; the same again; more of them; and all of it canceled. */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request as openRequest } from 'node:http';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { allCounts, batchIds, lastEventId, readBatch } from '@dailies/queue';
import { openApi, untilHeard } from '../support/api.ts';
import { countIn } from '../support/ledger.ts';

const item = (at: number, more: object = {}): object => ({ provider: 'luma', prompt: `boat ${at}`, ...more });
const items = (count: number): object[] => Array.from({ length: count }, (_, at) => item(at));
const ndjson = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const NDJSON = { 'content-type': 'application/x-ndjson' };

test('a batch is accepted whole, in its order, with a job for each; sent again it is known, and nothing is new', async () => {
  const { ask, store, queues, service } = await openApi();
  const body = { batch: 'boats', items: items(600), webhook: 'https://example.com/hook' };
  const first = await untilHeard(() => ask('POST', '/v1/batches', body));
  expect(first.status, first.text).toBe(202);
  expect(first.body).toMatchObject({ id: 'boats', batch: 'boats', total: 600, counts: { queued: 600, succeeded: 0 }, revision: 0 });
  const ids = await batchIds(store, 'boats');
  const page = await ask('GET', '/v1/batches/boats/generations?limit=3');
  expect(page.body['items']).toMatchObject([{ id: ids[0], prompt: 'boat 0' }, { prompt: 'boat 1' }, { prompt: 'boat 2' }]);
  expect((await ask('POST', '/v1/batches', body)).body).toEqual(first.body);
  expect((await readBatch(store, 'boats'))?.webhook).toBe('https://example.com/hook');
  // However long a busy machine takes for the jobs.
  await service.stop(60_000);
  expect(await queues.get('luma-submit').getJobCountByTypes('prioritized')).toBe(600);
});

test('10,000 lines of NDJSON are accepted; one more is refused, as in JSON, and nothing of it is there', async () => {
  const { ask, store } = await openApi();
  const lines = items(10_000);
  const answer = await untilHeard(() => ask('POST', '/v1/batches?batch=large', ndjson(lines), NDJSON));
  expect(answer.status, answer.text).toBe(202);
  expect(answer.body).toMatchObject({ total: 10_000 });
  expect(await ask('POST', '/v1/batches?batch=larger', ndjson([...lines, item(10_000)]), NDJSON)).toMatchObject({
    status: 413,
    body: { code: 'too-many-items' },
  });
  expect(await ask('POST', '/v1/batches', { batch: 'larger', items: Array.from({ length: 10_001 }, () => 7) })).toMatchObject({
    status: 413,
    body: { code: 'too-many-items' },
  });
  expect((await ask('GET', '/v1/batches/larger')).status).toBe(404);
  expect((await allCounts(store)).luma.queued).toBe(10_000);
});

test('the same lines as JSON and as NDJSON are the same generations; equal lines are several', async () => {
  const { ask } = await openApi();
  const lines = [item(0), item(0), item(1, { id: 'mine', priority: 2 })];
  await ask('POST', '/v1/batches', { batch: 'twice', items: lines });
  const again = await ask('POST', '/v1/batches?batch=twice', ndjson(lines).trimEnd(), NDJSON);
  expect(again).toMatchObject({ status: 202, body: { total: 3 } });
});

test('one bad item refuses the whole, and each fault is told with its item', async () => {
  const { ask, store } = await openApi();
  const answer = await ask('POST', '/v1/batches', {
    batch: 'bad',
    items: [item(0), item(1, { params: { x: 1 } }), item(2, { id: 'a' }), item(3, { id: 'a' }), 7],
  });
  expect(answer.status).toBe(422);
  expect(answer.body).toMatchObject({
    code: 'invalid',
    errors: [
      { item: 1, pointer: '/items/1/params/x' },
      { item: 3, pointer: '/items/3/id', detail: '"a" is the id of another request in item 2' },
      { item: 4, pointer: '/items/4' },
    ],
  });
  expect(await countIn(store, ({ all }) => all)).toBe(0);
  expect((await ask('GET', '/v1/batches/bad')).status).toBe(404);
});

test('with ?partial=true what is right is taken, and every item reported', async () => {
  const { ask } = await openApi();
  await ask('POST', '/v1/generations', item(9, { id: 'taken' }));
  const body = { batch: 'some', items: [item(0), item(1, { x: 1 }), item(2, { id: 'taken' }), item(3)] };
  expect(await ask('POST', '/v1/batches', { ...body, items: [body.items[0], body.items[2]] })).toMatchObject({
    status: 409,
    body: { code: 'id-taken', errors: [{ item: 1 }] },
  });
  const answer = await ask('POST', '/v1/batches?partial=true', body);
  expect(answer.status, answer.text).toBe(202);
  expect(answer.body).toMatchObject({
    total: 2,
    items: [
      { item: 0, status: 'created' },
      { item: 1, status: 'refused', errors: [{ field: 'x' }] },
      { item: 2, id: 'taken', status: 'refused' },
      { item: 3, status: 'created' },
    ],
  });
  expect((await ask('POST', '/v1/batches?partial=true', body)).body['items']).toMatchObject([
    { status: 'known' },
    { status: 'refused' },
    { status: 'refused' },
    { status: 'known' },
  ]);
  expect((await ask('POST', '/v1/batches?partial=true', { batch: 'none', items: [{ x: 1 }] })).status).toBe(422);
});

test('a known name takes other items only with ?append=true; of two at once with one name, one is accepted', async () => {
  const { ask } = await openApi();
  await ask('POST', '/v1/batches', { batch: 'grows', items: items(2) });
  expect(await ask('POST', '/v1/batches', { batch: 'grows', items: items(3) })).toMatchObject({ status: 409, body: { code: 'batch-known' } });
  expect((await ask('GET', '/v1/batches/grows')).body).toMatchObject({ total: 2 });
  expect(await ask('POST', '/v1/batches?append=true', { batch: 'grows', items: items(3) })).toMatchObject({ status: 202, body: { total: 3 } });
  expect(await ask('POST', '/v1/generations', item(4, { batch: 'grows' }))).toMatchObject({ status: 202, body: { batch: 'grows' } });

  const racing = await Promise.all([1, 2, 3].map((who) => ask('POST', '/v1/batches', { batch: 'race', items: [item(who), item(who + 10)] })));
  expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409]);
  const large = await Promise.all(
    [1, 2].map((who) => ask('POST', '/v1/batches', { batch: 'large-race', items: items(600).map((one, at) => ({ ...one, prompt: `${who} ${at}` })) })),
  );
  expect(large.filter(({ status }) => status === 202)).toHaveLength(1);
  expect((await ask('GET', '/v1/batches/large-race')).body).toMatchObject({ total: 600 });
});

test('a large batch that meets a taken id in its last chunk leaves nothing, and its name is free at once', async () => {
  const { ask } = await openApi();
  await ask('POST', '/v1/generations', item(0, { id: 'taken' }));
  const lines = [...items(700), item(701, { id: 'taken' })];
  expect(await ask('POST', '/v1/batches', { batch: 'late', items: lines })).toMatchObject({ status: 409, body: { code: 'id-taken' } });
  expect((await ask('GET', '/v1/batches/late')).status).toBe(404);
  expect(await ask('POST', '/v1/batches', { batch: 'late', items: items(700) })).toMatchObject({ status: 202, body: { total: 700 } });
});

test('a line that has a key twice, or is no JSON, is refused with its number, and beside it what is right is taken with ?partial=true', async () => {
  const { ask } = await openApi();
  const lines = `${JSON.stringify(item(0))}\n{"provider":"luma","prompt":"a","prompt":"b"}\n${JSON.stringify(item(1))}\n`;
  const errors = [{ pointer: '/1', item: 1, field: null, detail: 'has "prompt" twice in one object', remedy: 'Leave one of them out: the last would be taken' }];
  expect(await ask('POST', '/v1/batches?batch=twice', lines, NDJSON)).toMatchObject({ status: 422, body: { errors } });
  const { status, body } = await ask('POST', '/v1/batches?batch=twice&partial=true', lines, NDJSON);
  expect([status, (body['items'] as unknown as { status: string }[]).map((one) => one.status)]).toEqual([202, ['created', 'refused', 'created']]);
  const cutOff = await ask('POST', '/v1/batches?batch=cut-off&partial=true', `${JSON.stringify(item(0))}\n\n{"provider":"luma","prom`, NDJSON);
  expect(cutOff).toMatchObject({
    status: 202,
    body: { total: 1, items: [{ status: 'created' }, { status: 'refused', errors: [{ pointer: '/1', detail: expect.stringMatching(/^is not JSON: /) as string }] }] },
  });
});

test('what is wrong with a batch as such is told', async () => {
  const { ask } = await openApi();
  const post = (body: unknown, way = '/v1/batches', headers = {}) => ask('POST', way, body, headers);
  expect(await post({ items: items(1) })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/batch' }] } });
  expect(await post({ batch: 'Not Legal', items: items(1) })).toMatchObject({ status: 422 });
  expect(await post({ batch: 'x', items: [] })).toMatchObject({ status: 422, body: { errors: [{ field: 'items' }] } });
  expect(await post({ batch: 'x' })).toMatchObject({ status: 422, body: { errors: [{ field: 'items', detail: 'is missing' }] } });
  expect(await post({ batch: 'x', items: items(1), mode: 1 })).toMatchObject({ status: 422, body: { errors: [{ field: 'mode' }] } });
  expect(await post({ batch: 'x', items: [item(0, { batch: 'y' })] })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/items/0/batch' }] } });
  expect(await post('{}', '/v1/batches', NDJSON)).toMatchObject({ status: 422, body: { errors: [{ field: 'batch' }] } });
  const badWebhook = await post('{}', '/v1/batches?batch=x&webhook=y', NDJSON);
  expect(badWebhook).toMatchObject({ status: 422, body: { errors: [{ field: 'webhook', remedy: expect.stringContaining('?webhook=URL') as string }] } });
  expect(await post('{}\n{"a":', '/v1/batches?batch=x', NDJSON)).toMatchObject({
    status: 400,
    body: { code: 'malformed', detail: expect.stringContaining('Line 2') },
  });
  expect(await post('x', '/v1/batches', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  expect(await ask('GET', '/v1/batches')).toMatchObject({ status: 405 });
});

test('what is refused in the middle of its body is answered while the rest is still coming, and its connection serves the next request', async () => {
  const { url } = await openApi();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const refused = openRequest(`${url}/v1/batches?batch=cut`, { method: 'POST', agent, headers: NDJSON });
  refused.write('{"a":\n');
  const [answer] = (await once(refused, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(400);
  const { localPort } = answer.socket;
  expect(await textOf(answer)).toContain('Line 1 is not JSON');
  // More than the buffers between the two take.
  refused.end(Buffer.alloc(20_000_000, '\n'));
  const next = openRequest(`${url}/healthz`, { agent }).end();
  const [health] = (await once(next, 'response')) as [IncomingMessage];
  expect(health.statusCode).toBe(200);
  expect(health.socket.localPort).toBe(localPort);
  health.resume();
});

test.each([
  ['/v1/nowhere', 404],
  ['/v1/batches?batch=cut', 400],
])('what is refused before its body has come is answered also where the connection ends with it: %s', async (way, status) => {
  const { hostname, port } = new URL((await openApi()).url);
  const body = Buffer.alloc(20_000_000, '{\n');
  const caller = connect(Number(port), hostname);
  const head = [`POST ${way} HTTP/1.1`, 'Host: localhost', 'Connection: close', `Content-Type: ${NDJSON['content-type']}`, `Content-Length: ${body.length}`];
  caller.write(`${head.join('\r\n')}\r\n\r\n`);
  // As clients do that send all of it before they look for the answer.
  await new Promise<void>((resolve, reject) => caller.once('error', reject).write(body, () => resolve()));
  const answer = await textOf(caller);
  expect(answer).toContain(`HTTP/1.1 ${status} `);
  expect(answer).toContain('"requestId":');
});

test('what is refused before its body has come is answered at once also where the connection ends with it', async () => {
  const { url } = await openApi();
  const refused = openRequest(`${url}/v1/nowhere`, { method: 'POST', agent: false, headers: { connection: 'close' } });
  refused.write('{');
  const [answer] = (await once(refused, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(404);
  expect(await textOf(answer)).toContain('requestId');
  refused.destroy();
  for (const [way, type, length, sent] of TOO_LARGE) {
    const headers = { 'content-type': type, ...(length === null ? {} : { 'content-length': length }) };
    const large = openRequest(`${url}${way}`, { method: 'POST', agent: false, headers });
    large.write(Buffer.alloc(sent, ' '));
    const [tooLarge] = (await once(large, 'response')) as [IncomingMessage];
    expect([way, length, tooLarge.statusCode]).toEqual([way, length, 413]);
    expect(await textOf(tooLarge)).toContain(`larger than ${way === '/v1/generations' ? 16 : 64} MB`);
    large.destroy();
  }
});

/** The way, the type, the length that is told, and how many bytes are sent. The rest never comes. */
const TOO_LARGE: [string, string, number | null, number][] = [
  ['/v1/generations', 'application/json', 16 * 1024 * 1024 + 1, 1],
  ['/v1/generations', 'application/json', null, 16 * 1024 * 1024 + 1],
  ['/v1/batches?batch=cut', NDJSON['content-type'], 64 * 1024 * 1024 + 1, 1],
];

test('what is refused in the middle of its body while the API stops is answered before the connection ends', async () => {
  const { url, service } = await openApi();
  const { hostname, port } = new URL(url);
  const body = Buffer.alloc(20_000_000, '{\n');
  const caller = connect(Number(port), hostname);
  const head = ['POST /v1/batches?batch=cut HTTP/1.1', 'Host: localhost', `Content-Type: ${NDJSON['content-type']}`, `Content-Length: ${body.length}`];
  caller.write(`${head.join('\r\n')}\r\nExpect: 100-continue\r\n\r\n`);
  await once(caller, 'data');
  caller.pause();
  const stopped = service.stop(120_000);
  await new Promise<void>((resolve, reject) => caller.once('error', reject).write(body, () => resolve()));
  expect(await textOf(caller)).toContain('HTTP/1.1 400 ');
  await stopped;
});

test('a batch is canceled as a whole, and says what became of how many', async () => {
  const { ask } = await openApi();
  await ask('POST', '/v1/batches', { batch: 'off', items: items(300) });
  await ask(
    'DELETE',
    `/v1/generations/${String(((await ask('GET', '/v1/batches/off/generations?limit=1')).body['items'] as unknown as { id: string }[])[0]?.id)}`,
  );
  const answer = await ask('DELETE', '/v1/batches/off');
  expect(answer.body).toMatchObject({ counts: { canceled: 300, queued: 0 }, outcomes: { canceled: 299, nothing: 1, refused: 0 } });
  expect((await ask('GET', '/v1/batches/off')).body).toHaveProperty('finishedAt');
});

test('a batch that is being canceled while the API stops is canceled to its end before it says so', async () => {
  const { ask, service, store } = await openApi();
  await ask('POST', '/v1/batches', { batch: 'off', items: items(550) });
  const before = await lastEventId(store);
  const answer = ask('DELETE', '/v1/batches/off');
  await expect.poll(() => lastEventId(store), { interval: 5 }).not.toBe(before);
  // Longer than the test may take: it ends when the answer is given, and does not wait for the connection that its client keeps.
  await service.stop(120_000);
  expect((await answer).body).toMatchObject({ counts: { canceled: 550, queued: 0 }, outcomes: { canceled: 550 } });
});

test('a body that is nested too deeply is refused, not a fault of ours', async () => {
  const { ask } = await openApi();
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(await ask('POST', '/v1/batches', `{"batch":"deep","items":[{"provider":"luma","prompt":"x","metadata":{"a":${deep}}}]}`)).toMatchObject({
    status: 400,
    body: { code: 'malformed' },
  });
});
