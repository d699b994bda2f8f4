/** Single requests over HTTP: accepted, read, listed, canceled, tried again, resolved; and what is said to whoever asks wrongly. */
import { once } from 'node:events';
import { request as openRequest, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { pause, readGeneration, resolveGeneration, transition } from '@dailies/queue';
import { openApi, type TestApi } from '../support/api.ts';
import { countIn, keysOf } from '../support/ledger.ts';

const PROMPT = { provider: 'luma', prompt: 'a shuttle flies from space into an old volcano' };

test('a request is answered 202 with its generation, which is in the ledger and has its job', async () => {
  const { ask, generation, queues, service } = await openApi();
  const answer = await ask('POST', '/v1/generations', { ...PROMPT, metadata: { order: 7 }, priority: 3, webhook: 'https://example.com/hook' });
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({
    state: 'queued',
    provider: 'luma',
    prompt: PROMPT.prompt,
    batch: null,
    priority: 3,
    metadata: { order: 7 },
    attempts: 0,
    round: 1,
  });
  const id = String(answer.body['id']);
  expect(id).toMatch(/^g[a-z2-7]{20}$/);
  expect(answer.headers.get('location')).toBe(`/v1/generations/${id}`);
  expect(await generation(id)).toMatchObject({ state: 'queued', webhook: 'https://example.com/hook', lane: 'key:' });
  expect((await ask('GET', `/v1/generations/${id}`)).body).toEqual(answer.body);
  await service.stop(60_000);
  expect(await queues.get('luma-submit').getJob(`${id}-1`)).toMatchObject({ data: { id, seq: 1 } });
});

test('the same prompt twice is two generations, but with an id of the caller it is one; the id with another request is refused', async () => {
  const { ask } = await openApi();
  const [one, two] = await Promise.all([ask('POST', '/v1/generations', PROMPT), ask('POST', '/v1/generations', PROMPT)]);
  expect(one.body['id']).not.toBe(two.body['id']);

  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('POST', '/v1/generations', { ...PROMPT, id: 'order-4711' })));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
  const conflicts = await Promise.all([
    ask('POST', '/v1/generations', { ...PROMPT, id: 'order-4711', prompt: 'another' }),
    ask('POST', '/v1/generations', { ...PROMPT, id: 'order-4712' }),
  ]);
  expect(conflicts.map(({ status }) => status)).toEqual([409, 202]);
  expect(conflicts[0]?.body).toMatchObject({ code: 'id-taken', errors: [{ pointer: '/id', field: 'id' }] });
  const racing = await Promise.all(
    Array.from({ length: 10 }, (_, at) => ask('POST', '/v1/generations', { ...PROMPT, id: 'race', prompt: `prompt ${at % 2}` })),
  );
  expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 202, 202, 202, 202, 409, 409, 409, 409, 409]);
});

test.each([
  ['a field that is unknown', { ...PROMPT, prmpt: 'x' }, { pointer: '/prmpt', remedy: 'Did you mean "prompt"?' }],
  ['a parameter that is unknown', { ...PROMPT, params: { ratio: '1:1' } }, { pointer: '/params/ratio', field: 'params.ratio' }],
  ['a value that is not allowed', { ...PROMPT, params: { aspect_ratio: '2:3' } }, { pointer: '/params/aspect_ratio' }],
  ['the batch, misspelt', { ...PROMPT, batchs: 'boats' }, { field: 'batchs', remedy: 'Did you mean "batch"?' }],
  ['an unknown provider', { ...PROMPT, provider: 'lumma' }, { pointer: '/provider', remedy: 'Did you mean "luma"?' }],
  ['half of an emoji', '{"provider":"luma","prompt":"a fox \\ud83e"}', { pointer: '/prompt', remedy: expect.stringContaining('emoji') as string }],
  ['no provider', { prompt: 'x' }, { pointer: '/provider', remedy: expect.not.stringContaining('--') as string }],
  ['an id of digits', { ...PROMPT, id: '123' }, { pointer: '/id' }],
  ['a priority out of bounds', { ...PROMPT, priority: 4 }, { pointer: '/priority' }],
  ['a batch name that is not legal', { ...PROMPT, batch: '../x' }, { pointer: '/batch' }],
  ['a webhook that is no https', { ...PROMPT, webhook: 'http://example.com' }, { pointer: '/webhook' }],
  ['a webhook with a password', { ...PROMPT, webhook: 'https://a:b@example.com' }, { pointer: '/webhook' }],
  ['a webhook at a number that is never called', { ...PROMPT, webhook: 'https://169.254.169.254/latest' }, { pointer: '/webhook', detail: 'is not a public address', remedy: 'Give one that is, or a host name. This one is never called' }],
  ['a file of the server as image', { provider: 'kling', prompt: 'x', image: '/etc/passwd' }, { pointer: '/image' }],
  ['a stored image by its hash', { provider: 'kling', prompt: 'x', image: `sha256:${'0'.repeat(64)}` }, { pointer: '/image' }],
  [
    'a number of too many digits in the metadata',
    '{"provider":"luma","prompt":"x","metadata":{"order":1234567890123456789}}',
    { pointer: '/metadata', remedy: 'Send such numbers as text' },
  ],
  ['a list', [PROMPT], { pointer: '' }],
  ['null', null, { pointer: '' }],
])('%s is refused with 422, the field and what to do', async (_what, body, error) => {
  const { ask, store } = await openApi();
  const answer = await ask('POST', '/v1/generations', body ?? 'null');
  expect(answer.status, answer.text).toBe(422);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.body).toMatchObject({ status: 422, code: 'invalid', errors: [expect.objectContaining(error)] });
  expect(await countIn(store, ({ all }) => all)).toBe(0);
});

test('a key that a body has twice in one object is refused, since its last value would be paid for, whichever was meant', async () => {
  const { ask, store } = await openApi();
  const twice = '{"provider":"luma","prompt":"a","prompt":"b"}';
  const detail = 'The body has "prompt" twice in one object. Leave one of them out: the last would be taken.';
  expect(await ask('POST', '/v1/generations', twice)).toMatchObject({ status: 400, body: { code: 'malformed', detail } });
  expect(await ask('POST', '/v1/batches', `{"batch":"b","items":[{"provider":"luma","prompt":"a"},${twice}]}`)).toMatchObject({ status: 400, body: { detail } });
  expect(await ask('POST', '/v1/generations/x/resolve', '{"task":"a","task":"b"}')).toMatchObject({ status: 400, body: { detail: expect.stringContaining('"task"') as string } });
  expect(await countIn(store, ({ all }) => all)).toBe(0);
  expect((await ask('POST', '/v1/generations', '{"provider":"luma","prompt":"\\"prompt\\":","metadata":{"prompt":"a"}}')).status).toBe(202);
});

test('a body that is not UTF-8 is refused, since its prompt would be paid for with question marks in it', async () => {
  const { ask, url, store } = await openApi();
  const body = Buffer.from(JSON.stringify({ ...PROMPT, prompt: 'un café' }), 'latin1');
  const answer = await fetch(`${url}/v1/generations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'malformed', detail: 'The body is not UTF-8. Encode its text as UTF-8.' }]);
  expect(await countIn(store, ({ all }) => all)).toBe(0);
  expect((await ask('POST', '/v1/generations', `\uFEFF${JSON.stringify({ ...PROMPT, prompt: 'un café' })}`)).body).toMatchObject({ prompt: 'un café' });
});

test('a parameter of the address that a request which may pay does not know is refused, never ignored', async () => {
  const { ask, store } = await openApi();
  expect((await ask('POST', '/v1/generations?dry_run=true', PROMPT)).body).toMatchObject({
    status: 400,
    code: 'bad-query',
    errors: [{ field: 'dry_run', remedy: 'Leave it out' }],
  });
  expect(await countIn(store, ({ all }) => all)).toBe(0);
  await ask('POST', '/v1/generations', { ...PROMPT, id: 'one' });
  expect((await ask('POST', '/v1/generations/one/retry?dry_run=true')).body).toMatchObject({ code: 'bad-query' });
  expect((await ask('POST', '/v1/generations/one/resolve?dry_run=true', { resubmit: true })).body).toMatchObject({ code: 'bad-query' });
});

test.each([
  ['limit=0', 'limit', 'must be a whole number from 1 to 200'],
  ['q=', 'q', 'is empty'],
  [`q=${'x'.repeat(201)}`, 'q', 'is longer than 200 characters'],
  ['provider=sora', 'provider', '"sora" is not allowed'],
  ['state=queued,done', 'state', '"queued,done" is not allowed'],
  ['provider=luma&provider=pika', 'provider', 'is given more than once'],
])('the query %s of a list is refused with what is wrong and what to do', async (query, field, detail) => {
  const { ask } = await openApi();
  const { body } = await ask('GET', `/v1/generations?${query}`);
  expect(body).toMatchObject({ status: 400, errors: [{ field, detail, remedy: expect.stringMatching(/\w/) as string }] });
});

test('a queued one says which pause it waits for, to whoever asks for it alone', async () => {
  const { ask, store } = await openApi();
  await ask('POST', '/v1/generations', { ...PROMPT, id: 'one' });
  expect((await ask('GET', '/v1/generations/one')).body).not.toHaveProperty('pauses');
  await pause(store, 'operator:pika', { reason: 'of another provider', kind: 'operator', polls: false });
  const { account } = (await readGeneration(store, 'one')) ?? {};
  await pause(store, `account:${account}`, { reason: 'the balance is used up', kind: 'quota', polls: false });
  const { body } = await ask('GET', '/v1/generations/one');
  expect(body['pauses']).toEqual([{ kind: 'quota', reason: 'the balance is used up', since: expect.stringMatching(/Z$/) as string, polls: false }]);
});

test('what is malformed, too large, of another type, nowhere or not allowed here is told apart', async () => {
  const { ask } = await openApi();
  const way = '/v1/generations';
  expect((await ask('POST', way, '{"provider": ')).body).toMatchObject({ status: 400, code: 'malformed' });
  expect((await ask('POST', way, '', { 'content-type': 'application/json' })).body).toMatchObject({ status: 400, code: 'malformed' });
  expect((await ask('POST', way, 'provider=luma', { 'content-type': 'application/x-www-form-urlencoded' })).body).toMatchObject({
    status: 415,
    code: 'unsupported-type',
  });
  expect((await ask('POST', way, JSON.stringify(PROMPT), { 'content-type': 'application/json; charset=latin1' })).status).toBe(415);
  for (const read of ['UTF-8', '"utf-8"', '']) {
    expect((await ask('POST', way, JSON.stringify(PROMPT), { 'content-type': `application/json; charset=${read}` })).status).toBe(202);
  }
  expect((await ask('POST', way, { ...PROMPT, prompt: 'x'.repeat(17 * 1024 * 1024) })).body).toMatchObject({ status: 413, code: 'too-large' });
  expect((await ask('GET', `${way}/nobody`)).body).toMatchObject({ status: 404, code: 'not-found' });
  expect((await ask('GET', '/v1/nothing')).body).toMatchObject({ status: 404, code: 'not-found' });
  expect((await ask('GET', `${way}/%E0%A4%A`)).status).toBe(400);
  const wrongMethod = await ask('PUT', way, PROMPT);
  expect(wrongMethod.body).toMatchObject({ status: 405, code: 'method' });
  expect(wrongMethod.headers.get('allow')).toBe('POST, GET, HEAD');
  const callback = await ask('GET', '/v1/callbacks/luma/g1/0123456789abcdef');
  expect(callback.body).toMatchObject({ status: 405, detail: 'This address does not take GET. Allowed: POST.' });
  expect((await ask('GET', `${way}?stat=failed`)).body).toMatchObject({
    status: 400,
    code: 'bad-query',
    errors: [{ field: 'stat', remedy: 'Did you mean state?' }],
  });
  expect((await ask('GET', `${way}?cursor=zzzz`)).body).toMatchObject({ status: 400, code: 'bad-query' });
});

test('lists are newest first, filtered, and in pages that what comes meanwhile does not shift', async () => {
  const { ask } = await openApi();
  for (let at = 0; at < 7; at += 1) {
    await ask('POST', '/v1/generations', { ...PROMPT, id: `one-${at}`, prompt: `Boat ${at % 2 === 0 ? 'red' : 'blue'}`, metadata: { customer: at } });
  }
  await ask('POST', '/v1/generations', { provider: 'pika', prompt: 'a fox', batch: 'foxes', id: 'fox' });
  await ask('DELETE', '/v1/generations/one-3');

  const first = await ask('GET', '/v1/generations?limit=3&provider=luma');
  expect(idsOf(first)).toEqual(['one-6', 'one-5', 'one-4']);
  await ask('POST', '/v1/generations', { ...PROMPT, id: 'late' });
  const second = await ask('GET', `/v1/generations?limit=10&provider=luma&cursor=${String(first.body['cursor'])}`);
  expect(idsOf(second)).toEqual(['one-3', 'one-2', 'one-1', 'one-0']);
  expect(second.body['cursor']).toBeNull();
  expect(idsOf(await ask('GET', '/v1/generations?q=BLUE&state=queued'))).toEqual(['one-5', 'one-1']);
  expect(idsOf(await ask('GET', '/v1/generations?state=canceled,failed'))).toEqual(['one-3']);
  expect(idsOf(await ask('GET', '/v1/generations?metadata=customer:4'))).toEqual(['one-4']);
  expect(idsOf(await ask('GET', '/v1/generations?batch=foxes'))).toEqual(['fox']);
  expect(idsOf(await ask('GET', '/v1/batches/foxes/generations'))).toEqual(['fox']);
});

test('a queued one is canceled for nothing, retried as a new round, and once only under an Idempotency-Key', async () => {
  const { ask, generation, store } = await openApi();
  await ask('POST', '/v1/generations', { ...PROMPT, id: 'one' });
  expect((await ask('DELETE', '/v1/generations/one')).body).toMatchObject({
    outcome: 'canceled',
    message: 'canceled; nothing was paid',
    generation: { state: 'canceled' },
  });
  expect((await ask('DELETE', '/v1/generations/one')).body).toMatchObject({ outcome: 'nothing' });

  const retries = await Promise.all(Array.from({ length: 10 }, () => ask('POST', '/v1/generations/one/retry', undefined, { 'idempotency-key': 'again' })));
  expect(new Set(retries.map(({ text }) => text)).size).toBe(1);
  expect(retries[0]?.status).toBe(200);
  expect(await generation('one')).toMatchObject({ state: 'queued', round: 2 });
  await ask('DELETE', '/v1/generations/one');
  expect((await ask('POST', '/v1/generations/one/retry', undefined, { 'idempotency-key': 'again' })).text).toBe(retries[0]?.text);
  // As a process leaves it that died before it could write down what it answered.
  const [kept] = await keysOf(store.redis, store.keys.idempotency('*'));
  expect(await store.redis.hdel(kept ?? '', 'answer')).toBe(1);
  expect((await ask('POST', '/v1/generations/one/retry', undefined, { 'idempotency-key': 'again' })).body).toMatchObject({ outcome: 'nothing' });
  expect(await generation('one')).toMatchObject({ state: 'canceled', round: 2 });
  expect((await ask('POST', '/v1/generations/one/retry')).body).toMatchObject({ outcome: 'submit', generation: { state: 'queued', round: 3 } });
  expect((await ask('POST', '/v1/generations/one/retry')).body).toMatchObject({ outcome: 'nothing' });
});

test('a cancel during the submit says that it waits, until it is carried out', async () => {
  const api = await openApi();
  await api.ask('POST', '/v1/generations', { ...PROMPT, id: 'one' });
  const admission = { reservation: 'r', limit: 5, limitOfProvider: 5, judgeAfterMs: 60_000 };
  await transition(api.store, await api.generation('one'), { from: ['queued'], to: 'submitting', by: '1.test', admission });
  expect((await api.ask('GET', '/v1/generations/one')).body).not.toHaveProperty('cancelRequested');
  for (const go of ['first', 'again']) {
    const { status, body } = await api.ask('DELETE', '/v1/generations/one');
    expect([status, body], go).toMatchObject([200, { outcome: 'requested', message: expect.stringContaining('cancel requested; may be billed') as string, generation: { state: 'submitting', cancelRequested: true } }]);
  }
  expect((await api.ask('GET', '/v1/generations/one')).body).toMatchObject({ cancelRequested: true });
  expect((await api.ask('POST', '/v1/generations/one/retry')).body).toMatchObject({ outcome: 'nothing', message: 'on its way (submitting), and a cancel waits' });
  const collect = await api.ask('DELETE', '/v1/generations/one?collect=true');
  expect(collect.body).toMatchObject({ outcome: 'requested', message: expect.stringContaining('its video is collected') as string, generation: { unwanted: true } });
  expect((await api.ask('DELETE', '/v1/generations/one')).body).not.toHaveProperty('generation.unwanted');
  await transition(api.store, await api.generation('one'), { from: ['submitting'], to: 'failed', by: '1.test' });
  expect((await api.ask('GET', '/v1/generations/one')).body).not.toHaveProperty('cancelRequested');
});

test('an unresolved one needs a word: retry and cancel refuse, resolve takes exactly one', async () => {
  const api = await openApi();
  const { ask, generation } = api;
  await unresolved(api, 'lost');
  expect((await ask('POST', '/v1/generations/lost/retry')).body).toMatchObject({ status: 409, code: 'unresolved' });
  const canceled = await ask('DELETE', '/v1/generations/lost');
  expect(canceled.body).toMatchObject({ status: 409, code: 'not-cancelable', detail: expect.stringContaining('POST …/resolve') as string });
  for (const word of [{}, { abandon: false }, { abandon: true, resubmit: true }, { task: '' }]) {
    expect((await ask('POST', '/v1/generations/lost/resolve', word)).body).toMatchObject({ status: 422, code: 'invalid' });
  }
  for (const [word, pointer, detail] of [
    [{ task: 5 }, '/task', 'must be text of 1 to 1024 characters, not 5'],
    [{ abandon: 'true' }, '/abandon', 'must be true, not "true"'],
    [{ abandon: true, note: 'lost' }, '/note', 'is unknown'],
  ] as const) {
    expect((await ask('POST', '/v1/generations/lost/resolve', word)).body).toMatchObject({ errors: [{ pointer, detail }] });
  }
  expect((await ask('POST', '/v1/generations/lost/resolve', { abandon: true })).body).toMatchObject({
    outcome: 'resolved',
    generation: { state: 'failed', failure: { kind: 'abandoned' } },
  });
  expect((await ask('POST', '/v1/generations/lost/resolve', { abandon: true })).body).toMatchObject({ status: 409, code: 'not-resolvable' });

  await unresolved(api, 'again');
  const resubmits = await Promise.all(
    Array.from({ length: 5 }, () => ask('POST', '/v1/generations/again/resolve', { resubmit: true }, { 'idempotency-key': 'yes' })),
  );
  expect(resubmits.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  expect(await generation('again')).toMatchObject({ state: 'queued', round: 2 });
});

test('a task that was mistyped is replaced by the right one', async () => {
  const api = await openApi();
  const [wrong, right] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
  await unresolved(api, 'lost');
  expect((await api.ask('POST', '/v1/generations/lost/resolve', { task: wrong })).body).toMatchObject({
    outcome: 'resolved',
    generation: { state: 'rendering', task: { id: wrong } },
  });
  expect((await api.ask('POST', '/v1/generations/lost/resolve', { task: right })).body).toMatchObject({
    outcome: 'resolved',
    generation: { state: 'rendering', task: { id: right }, round: 1 },
  });
  expect((await api.ask('POST', '/v1/generations/lost/resolve', { resubmit: true })).body).toMatchObject({ status: 409, code: 'not-resolvable' });
});

test('a word on an unresolved one is of the question that was asked: it is not taken for the next', async () => {
  const api = await openApi();
  await unresolved(api, 'lost');
  const { seq } = await api.generation('lost');
  expect(await resolveGeneration(api, 'lost', { what: 'resubmit' }, seq)).toMatchObject({ done: true });
  await becomesUnresolved(api, 'lost');
  expect(await resolveGeneration(api, 'lost', { what: 'resubmit' }, seq)).toMatchObject({ done: false, message: 'it changed meanwhile; look again' });
  expect(await api.generation('lost')).toMatchObject({ state: 'unresolved', round: 2 });
});

async function unresolved(api: TestApi, id: string): Promise<void> {
  await api.ask('POST', '/v1/generations', { ...PROMPT, id });
  await becomesUnresolved(api, id);
}

async function becomesUnresolved({ store }: TestApi, id: string): Promise<void> {
  const found = await readGeneration(store, id);
  if (found === null) throw new Error(`no ${id}`);
  const admission = { reservation: id, limit: 5, limitOfProvider: 5, judgeAfterMs: 60_000 };
  await transition(store, found, { from: ['queued'], to: 'submitting', by: '1.test', admission });
  await transition(store, found, { from: ['submitting'], to: 'ambiguous', by: '1.test-2', patch: { attempts: 1 } });
  await transition(store, found, { from: ['ambiguous'], to: 'unresolved', by: '1.test-3' });
}

function idsOf({ body }: { body: Record<string, unknown> }): unknown[] {
  return (body['items'] as { id: string }[]).map(({ id }) => id);
}

test('what is answered while the API stops is accepted, and its connection is not kept for a next request', async () => {
  const api = await openApi();
  const sent = openRequest(`${api.url}/v1/generations`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', connection: 'keep-alive', expect: '100-continue' },
  });
  sent.flushHeaders();
  await once(sent, 'continue');
  const stopped = api.service.stop(120_000);
  sent.end(JSON.stringify({ provider: 'luma', prompt: 'x', id: 'late' }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  expect([response.statusCode, response.headers.connection]).toEqual([202, 'close']);
  await stopped;
  expect((await api.generation('late')).state).toBe('queued');
});
