/** `Idempotency-Key`: sent however often, done once. */
import express from 'express';
import { expect, test } from 'vitest';
import { createLog, learn, releaseKey, shardOf, transition } from '@dailies/queue';
import { answerErrors } from '../../apps/producer/src/api/http/answer-errors.ts';
import { type Answer, answerOnce } from '../../apps/producer/src/api/http/idempotent.ts';
import { Problem } from '../../apps/producer/src/api/http/problem.ts';
import { openApi, type TestApi, untilHeard } from '../support/api.ts';
import { listening } from '../support/listening.ts';
import { ADMISSION, countIn, keysOf } from '../support/ledger.ts';

const PROMPT = { provider: 'luma', prompt: 'a boat' } as const;

test('the same POST sent fifty times at once with one key is one generation, and all get the same answer', async () => {
  const { ask, store } = await openApi();
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask('POST', '/v1/generations', PROMPT, { 'idempotency-key': 'fifty' })));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(202);
  expect(await countIn(store, ({ all }) => all)).toBe(1);
  const later = await ask('POST', '/v1/generations', { prompt: PROMPT.prompt, provider: PROMPT.provider }, { 'idempotency-key': 'fifty' });
  expect(later.text).toBe(answers[0]?.text);
  expect(later.headers.get('idempotent-replayed')).toBe('true');
  const crowd = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`a-${at}`, 'x']));
  const behindOthers = await ask('POST', '/v1/generations', PROMPT, { ...crowd, 'idempotency-key': 'fifty' });
  expect(behindOthers.text, 'a key behind 150 other headers').toBe(answers[0]?.text);
});

test('a key that is used again with another body or for another way is refused, and kept for a day', async () => {
  const { ask, store } = await openApi();
  const again = { 'idempotency-key': 'once' };
  await ask('POST', '/v1/generations', PROMPT, again);
  expect(await ask('POST', '/v1/generations', { ...PROMPT, priority: 2 }, again)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  expect(await ask('POST', '/v1/batches', { batch: 'b', items: [PROMPT] }, again)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  expect(await countIn(store, ({ all }) => all)).toBe(1);
  const [kept] = await keysOf(store.redis, store.keys.idempotency('*'));
  expect(await store.redis.pttl(kept ?? '')).toBeGreaterThan(23 * 3_600_000);
  for (const key of ['with blanks in it', 'x'.repeat(256)]) {
    expect(await ask('POST', '/v1/generations', PROMPT, { 'idempotency-key': key })).toMatchObject({ status: 400, body: { code: 'bad-idempotency-key' } });
  }
});

test('after a crash between the work and its answer, the same request makes no second generation', async () => {
  const { ask, store } = await openApi();
  const again = { 'idempotency-key': 'crash' };
  const first = await ask('POST', '/v1/generations', PROMPT, again);
  const [kept] = await keysOf(store.redis, store.keys.idempotency('*'));
  const name = (kept ?? '').slice(store.keys.idempotency('').length);
  // One who is refused lets go of nothing that has been answered, or is another request's.
  await releaseKey(store, name, (await store.redis.hget(kept ?? '', 'request')) ?? '');
  // As a process leaves it that died before it could write down what it answered.
  expect(await store.redis.hdel(kept ?? '', 'answer')).toBe(1);
  await releaseKey(store, name, 'another request');
  const second = await ask('POST', '/v1/generations', PROMPT, again);
  expect(second.status).toBe(202);
  expect(second.body['id']).toBe(first.body['id']);
  expect(await countIn(store, ({ all }) => all)).toBe(1);
});

test.each([
  [{ resubmit: true }, { state: 'queued', round: 2 }],
  [{ abandon: true }, { state: 'failed', round: 1, failure: { kind: 'abandoned' } }],
  [{ task: 'the-right-task' }, { state: 'rendering', round: 1, task: { id: 'the-right-task' } }],
])('after a crash between the word %j on an unresolved one and its answer, the same request is told that it was done', async (word, generation) => {
  const api = await openApi();
  const resolve = await resolverOf(api, word);
  expect((await resolve()).body).toMatchObject({ outcome: 'resolved', generation });
  const [kept] = await keysOf(api.store.redis, api.store.keys.idempotency('*'));
  expect(await api.store.redis.hdel(kept ?? '', 'answer')).toBe(1);
  expect(await resolve()).toMatchObject({ status: 200, body: { message: 'done by an earlier request with this Idempotency-Key', generation } });
});

test('after a crash between a word on an unresolved one and its answer, the same request is no word on the next question', async () => {
  const api = await openApi();
  const resolve = await resolverOf(api);
  await resolve();
  const [kept] = await keysOf(api.store.redis, api.store.keys.idempotency('*'));
  expect(await api.store.redis.hdel(kept ?? '', 'answer')).toBe(1);
  await becomesUnresolved(api);
  expect(await resolve()).toMatchObject({ status: 409, body: { code: 'not-resolvable' } });
  expect(await api.generation('lost')).toMatchObject({ state: 'unresolved', round: 2 });
});

test('whoever gives up what somebody has given up before, with a key of their own, is told that it has failed', async () => {
  const api = await openApi();
  const resolve = await resolverOf(api, { abandon: true });
  await resolve();
  expect(await resolve('another')).toMatchObject({ status: 409, body: { code: 'not-resolvable' } });
});

test('after a crash before a word on an unresolved one was heeded, the same request is not told that it was done, though an answer came late', async () => {
  const api = await openApi();
  const resolve = await resolverOf(api);
  const { account } = await api.generation('lost');
  const { redis, keys } = shardOf(api.store, account);
  // The step breaks off before its first write.
  await redis.set(keys.lanes(PROMPT.provider), 'no hash');
  expect((await resolve()).status).toBe(500);
  await redis.del(keys.lanes(PROMPT.provider));
  const late = { round: 1, task: { id: 'own' }, taskKey: 'own', by: '1.late', patch: {}, note: 'the answer came late', slotUntil: Date.now() + 60_000 };
  await learn(api.store, await api.generation('lost'), late);
  expect(await resolve()).toMatchObject({ status: 409, body: { code: 'not-resolvable' } });
  expect(await api.generation('lost')).toMatchObject({ state: 'rendering', round: 1 });
});

test.each(['overdue', 'failed'] as const)('after a crash before a task came in place of a mistyped one, the same request gives it, though it is %s meanwhile', async (state) => {
  const api = await openApi();
  const resolve = await resolverOf(api, { task: 'the-mistyped-task' });
  await resolve();
  const right = (): ReturnType<TestApi['ask']> => resolve('right', { task: 'the-right-task' });
  const { account } = await api.generation('lost');
  const { redis, keys } = shardOf(api.store, account);
  // The step breaks off before its first write.
  await redis.rename(keys.tasks(account), keys.tasks('aside'));
  await redis.set(keys.tasks(account), 'no hash');
  expect((await right()).status).toBe(500);
  await redis.rename(keys.tasks('aside'), keys.tasks(account));
  await transition(api.store, await api.generation('lost'), { from: ['rendering'], to: state, by: `1.${state}` });
  expect(await right()).toMatchObject({ status: 200, body: { message: 'task adopted in place of the-mistyped-task; it is polled now' } });
  expect(await api.generation('lost')).toMatchObject({ state: 'rendering', taskKey: 'the-right-task' });
});

/** Says the word about `lost`, of which nobody knows: under one key, if no other is named. */
async function resolverOf(api: TestApi, word: object = { resubmit: true }): Promise<(key?: string, other?: object) => ReturnType<TestApi['ask']>> {
  await api.ask('POST', '/v1/generations', { ...PROMPT, id: 'lost' });
  await becomesUnresolved(api);
  return (key = 'word', other = word) => api.ask('POST', '/v1/generations/lost/resolve', other, { 'idempotency-key': key });
}

async function becomesUnresolved({ store, generation }: TestApi): Promise<void> {
  for (const [from, to] of [['queued', 'submitting'], ['submitting', 'ambiguous'], ['ambiguous', 'unresolved']] as const) {
    await transition(store, await generation('lost'), { from: [from], to, by: `1.${to}`, ...(to === 'submitting' ? { admission: ADMISSION } : {}) });
  }
}

test('a request that was refused leaves its key free for the right one', async () => {
  const { ask } = await openApi();
  const again = { 'idempotency-key': 'typo' };
  expect((await ask('POST', '/v1/generations', { ...PROMPT, provider: 'lumma' }, again)).status).toBe(422);
  expect((await ask('POST', '/v1/generations', PROMPT, again)).status).toBe(202);
  await ask('POST', '/v1/generations', { ...PROMPT, id: 'mine' });
  const taken = { 'idempotency-key': 'taken' };
  expect((await ask('POST', '/v1/generations', { ...PROMPT, id: 'mine', prompt: 'x' }, taken)).status).toBe(409);
  expect((await ask('POST', '/v1/generations', { ...PROMPT, id: 'other', prompt: 'x' }, taken)).status).toBe(202);
});

test.each(['second', 'first'])('whoever is refused while another one is at the same request does not free its key, since that one may have done it and died: the %s', async (refused) => {
  const api = await openApi();
  const nonces: (string | null)[] = [];
  const begin: (() => void)[] = [];
  const [first, second] = [0, 1].map((at) => new Promise<void>((resolve) => (begin[at] = resolve)));
  const url = await serve(api, async (nonce) => {
    const at = nonces.push(nonce) - 1;
    if (at === 2) return { status: 200, body: {} };
    begin[at]?.();
    if (at !== (refused === 'first' ? 0 : 1)) return new Promise(() => undefined);
    await second;
    throw new Problem(409, 'not-resolvable', 'Not resolved: it is queued.');
  });
  const leaving = new AbortController();
  const post = (signal: AbortSignal | null = null): Promise<number | null> =>
    fetch(url, { method: 'POST', headers: { 'idempotency-key': 'shared' }, signal }).then(
      ({ status }) => status,
      () => null,
    );
  const answers = [post(refused === 'first' ? null : leaving.signal)];
  await first;
  answers.push(post(refused === 'first' ? leaving.signal : null));
  expect(await Promise.race(answers)).toBe(409);
  leaving.abort();
  await Promise.all(answers);
  expect(await post()).toBe(200);
  expect(new Set(nonces).size).toBe(1);
});

test('what an older version accepted under a key is answered as it was, though it is refused today', async () => {
  const api = await openApi();
  const refuse = (): void => {
    throw new Problem(422, 'invalid', 'The request is not right.');
  };
  const act = async (): Promise<Answer> => ({ status: 202, body: { id: 'one' } });
  expect((await send(await serve(api, act, refuse))).status).toBe(422);
  expect((await send(await serve(api, act))).status).toBe(202);
  expect(await send(await serve(api, act, refuse))).toEqual({ status: 202, text: '{"id":"one"}' });
  expect((await send(`${await serve(api, act, refuse)}/other`)).status).toBe(422);
});

test('a batch under a key is one batch', async () => {
  const { ask, store } = await openApi();
  const body = { batch: 'b', items: Array.from({ length: 300 }, (_, at) => ({ ...PROMPT, prompt: `boat ${at}` })) };
  const answers = await Promise.all(Array.from({ length: 10 }, () => untilHeard(() => ask('POST', '/v1/batches', body, { 'idempotency-key': 'b' }))));
  expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await countIn(store, ({ all }) => all)).toBe(300);
});

test('the report of a large batch under a key is the same when it is asked for again', async () => {
  const { ask } = await openApi();
  const items = Array.from({ length: 10_000 }, (_, at) => ({ ...PROMPT, prompt: `boat ${at}`, ...(at % 5 === 0 ? { size: 'large' } : {}) }));
  const post = (): ReturnType<TestApi['ask']> => untilHeard(() => ask('POST', '/v1/batches?partial=true', { batch: 'b', items }, { 'idempotency-key': 'b' }));
  const [first, again] = [await post(), await post()];
  expect(first, first.text.slice(0, 500)).toMatchObject({ status: 202, body: { total: 8_000 } });
  expect(again.text === first.text).toBe(true);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

test.each([
  ['a fault', new Error('it broke off')],
  ['a 503', new Problem(503, 'redis-away', 'Redis does not answer.')],
])('a key stays with its request after %s, since nobody knows what was done', async (_what, thrown) => {
  const nonces: (string | null)[] = [];
  const url = await serve(await openApi(), async (nonce) => {
    if (nonces.push(nonce) === 1) throw thrown;
    return { status: 200, body: {} };
  });
  expect((await send(url)).status).toBeGreaterThanOrEqual(500);
  expect((await send(url)).status).toBe(200);
  expect(nonces[1]).toBe(nonces[0]);
});

test('a key stands for one method and one way, also where nothing else is sent', async () => {
  const url = await serve(await openApi(), async () => ({ status: 200, body: {} }));
  expect((await send(`${url}/one`)).status).toBe(200);
  expect((await send(`${url}/two`)).status).toBe(422);
  expect((await send(`${url}/one?append=true`)).status).toBe(422);
  expect((await send(`${url}/one`, 'DELETE')).status).toBe(422);
});

test('an answer of more than 4 MB is not kept, but made again for the same nonce', async () => {
  const nonces: (string | null)[] = [];
  const url = await serve(await openApi(), async (nonce) => ({ status: 200, body: { time: nonces.push(nonce), much: 'x'.repeat(4 * 1024 * 1024) } }));
  expect((await send(url)).text).toContain('"time":1');
  expect((await send(url)).text).toContain('"time":2');
  expect(nonces[1]).toBe(nonces[0]);
});

test('of two that end the same request with different answers, both give that of the first to end', async () => {
  const { url, held, go } = await serveFirstHeld(await openApi());
  const slow = send(url);
  await held;
  expect((await send(url)).text).toBe('{"time":2}');
  go();
  expect((await slow).text).toBe('{"time":2}');
  expect((await send(url)).text).toBe('{"time":2}');
});

test('what ends when its key stands for another request meanwhile leaves the answer of that one alone', async () => {
  const api = await openApi();
  const { url, held, go } = await serveFirstHeld(api);
  const slow = send(`${url}/slow`);
  await held;
  // As after a day.
  await api.store.redis.del(await keysOf(api.store.redis, api.store.keys.idempotency('*')));
  expect((await send(`${url}/other`)).text).toBe('{"time":2}');
  go();
  expect((await slow).text).toBe('{"time":1}');
  expect((await send(`${url}/other`)).text).toBe('{"time":2}');
});

/** The first to come is held until `go`; each is answered which it was. */
async function serveFirstHeld(api: TestApi): Promise<{ url: string; held: Promise<void>; go: () => void }> {
  let times = 0;
  const [held, say] = signal();
  const [gone, go] = signal();
  const url = await serve(api, async () => {
    times += 1;
    const time = times;
    if (time === 1) {
      say();
      await gone;
    }
    return { status: 200, body: { time } };
  });
  return { url, held, go };
}

function signal(): [Promise<void>, () => void] {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return [given, () => give()];
}

async function send(url: string, method = 'POST'): Promise<{ status: number; text: string }> {
  const response = await fetch(url, { method, headers: { 'idempotency-key': 'key' } });
  return { status: response.status, text: await response.text() };
}

/** An operation of the test's own on the ledger of an API. Answers where. */
async function serve(api: TestApi, act: (nonce: string | null) => Promise<Answer>, check = (): void => undefined): Promise<string> {
  const application = express().use((request, response) =>
    answerOnce({ desk: api, accepting: { replicas: 0 } }, request, response, { content: '', check, act }),
  );
  application.use(answerErrors(createLog({ level: 'silent', name: 'test' }), async () => []));
  return listening(application);
}
