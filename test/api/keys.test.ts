/** Who may ask: keys, scopes, limits, and an API without keys that is open to this machine only. */
import { createHash } from 'node:crypto';
import { request as openRequest } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import os from 'node:os';
import { expect, test } from 'vitest';
import { newKey } from '../../apps/producer/src/api/keys/new-key.ts';
import { asker, openApi } from '../support/api.ts';
import { shardHolding } from '../support/ledger.ts';

const PROMPT = { provider: 'luma', prompt: 'a boat' };
const reader = newKey('reader', ['read']);
const writer = newKey('writer', ['write']);
const both = newKey('both', ['read', 'write']);
const admin = newKey('boss', ['admin']);
const API_KEYS = [reader, writer, both, admin].map(({ entry }) => entry).join(',');
const with_ = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` });

test('each scope opens its own ways and no other; admin opens all; health and documentation are open', async () => {
  const { ask } = await openApi({ API_KEYS });
  const status = async (who: { key: string }, method: string, way: string, body?: unknown) => (await ask(method, way, body, with_(who))).status;
  expect(await status(reader, 'GET', '/v1/generations')).toBe(200);
  expect(await status(reader, 'POST', '/v1/generations', PROMPT)).toBe(403);
  expect(await status(reader, 'DELETE', '/v1/generations/x')).toBe(403);
  expect(await status(writer, 'POST', '/v1/generations', PROMPT)).toBe(202);
  expect(await status(writer, 'GET', '/v1/generations')).toBe(403);
  expect(await status(both, 'POST', '/v1/generations/x/resolve', { abandon: true })).toBe(403);
  expect(await status(admin, 'POST', '/v1/generations/x/resolve', { abandon: true })).toBe(404);
  expect(await status(admin, 'POST', '/v1/generations', PROMPT)).toBe(202);
  expect((await ask('POST', '/v1/generations', PROMPT, with_(reader))).headers.get('www-authenticate')).toContain('scope="write"');
  for (const open of ['/healthz', '/readyz', '/openapi.json', '/docs']) expect((await ask('GET', open)).status, open).toBe(200);
  expect((await ask('GET', '/metrics')).status).toBe(401);
});

/** Each way, and the scope that it asks for. */
const WAYS = [
  ['POST', '/v1/generations', 'write'],
  ['GET', '/v1/generations', 'read'],
  ['GET', '/v1/generations/{id}', 'read'],
  ['DELETE', '/v1/generations/{id}', 'write'],
  ['POST', '/v1/generations/{id}/retry', 'write'],
  ['POST', '/v1/generations/{id}/resolve', 'admin'],
  ['GET', '/v1/generations/{id}/videos/{n}', 'read'],
  ['GET', '/v1/generations/{id}/videos/{n}/thumbnail', 'read'],
  ['GET', '/v1/generations/{id}/extras/{n}', 'read'],
  ['POST', '/v1/batches', 'write'],
  ['GET', '/v1/batches/{id}', 'read'],
  ['GET', '/v1/batches/{id}/generations', 'read'],
  ['GET', '/v1/batches/{id}/events', 'read'],
  ['DELETE', '/v1/batches/{id}', 'write'],
  ['GET', '/v1/providers', 'read'],
  ['GET', '/metrics', 'read'],
] as const;

test('every way that is documented asks for its scope, lets in who has it or is admin, and tells nobody else whether anything is there', async () => {
  const { ask } = await openApi({ API_KEYS });
  const { paths } = (await ask('GET', '/openapi.json')).body as unknown as { paths: Record<string, Record<string, unknown>> };
  const documented = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const open = ['GET /healthz', 'GET /readyz', 'GET /openapi.json', 'GET /docs'];
  expect(documented.filter((way) => !open.includes(way) && !way.includes('/callbacks/')).toSorted()).toEqual(WAYS.map(([method, path]) => `${method} ${path}`).toSorted());

  for (const [method, path, scope] of WAYS) {
    const way = path.replaceAll(/\{\w+\}/g, '0');
    const got = async (who: { key: string }): Promise<number> => (await ask(method, way, method === 'POST' ? {} : undefined, with_(who))).status;
    const refused = { read: [writer], write: [reader], admin: [reader, writer, both] }[scope];
    const taken = { read: [reader, both, admin], write: [writer, both, admin], admin: [admin] }[scope];
    expect((await ask(method, way)).status, `${method} ${path} without a key`).toBe(401);
    for (const who of refused) expect(await got(who), `${method} ${path} by ${who.entry}`).toBe(403);
    for (const who of taken) expect([401, 403], `${method} ${path} by ${who.entry}`).not.toContain(await got(who));
  }
});

test('without a key and with a wrong one nothing is told and nothing read; many wrong ones have to wait, the right one not', async () => {
  const { ask } = await openApi({ API_KEYS });
  const none = await ask('POST', '/v1/generations', '{');
  expect(none).toMatchObject({ status: 401, body: { code: 'no-key' } });
  expect(none.headers.get('www-authenticate')).toContain('Bearer');
  const wrong = await Promise.all(Array.from({ length: 20 }, (_, at) => ask('GET', '/v1/generations', undefined, { authorization: `Bearer wrong-${at}` })));
  expect(wrong.every(({ status, body }) => status === 401 && String(body['code']) === 'wrong-key')).toBe(true);
  const late = await ask('GET', '/v1/generations', undefined, { authorization: 'Basic d3Jvbmc6d3Jvbmc=' });
  expect(late).toMatchObject({ status: 429, body: { code: 'too-many-wrong-keys' } });
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await ask('GET', '/v1/generations', undefined, with_(reader))).status).toBe(200);
});

test('a key has its requests in a minute, is told how many are left, and does not use up those of others', async () => {
  const { ask } = await openApi({ API_KEYS, API_RATE_PER_MINUTE: '5' });
  const answers = [];
  for (let at = 0; at < 6; at += 1) answers.push(await ask('GET', '/v1/generations', undefined, with_(reader)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
  expect(answers[1]?.headers.get('ratelimit')).toMatch(/^"requests-per-key"; r=3; t=\d+$/);
  expect(answers[1]?.headers.get('ratelimit-policy')).toMatch(/q=5; w=60/);
  expect(answers[5]?.body).toMatchObject({ code: 'too-many-requests' });
  expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await ask('GET', '/v1/generations', undefined, with_(both))).status).toBe(200);
});

test('what a key creates bears its name, in the ledger, in the answer and in the filter, and single requests of it share a turn', async () => {
  const { ask, generation } = await openApi({ API_KEYS });
  const one = await ask('POST', '/v1/generations', PROMPT, with_(both));
  const two = await ask('POST', '/v1/generations', PROMPT, with_(admin));
  const batch = await ask('POST', '/v1/batches', { batch: 'b', items: [PROMPT] }, with_(both));
  expect([one.body, batch.body]).toMatchObject([{ createdBy: 'both' }, { createdBy: 'both' }]);
  expect(await generation(String(one.body['id']))).toMatchObject({ createdBy: 'both', lane: 'key:both' });
  const mine = await ask('GET', '/v1/generations?createdBy=boss', undefined, with_(reader));
  expect((mine.body['items'] as unknown as { id: string }[]).map(({ id }) => id)).toEqual([two.body['id']]);
  const same = { 'idempotency-key': 'one' };
  const [own, others] = await Promise.all([
    ask('POST', '/v1/generations', PROMPT, { ...with_(both), ...same }),
    ask('POST', '/v1/generations', PROMPT, { ...with_(admin), ...same }),
  ]);
  expect(own.body['id']).not.toBe(others.body['id']);
});

test('a caller whose key is exchanged under its name asks for the same under its Idempotency-Key, with either key', async () => {
  const renewed = newKey('both', ['read', 'write']);
  const { ask } = await openApi({ API_KEYS: `${API_KEYS},${renewed.entry}`, API_RATE_PER_MINUTE: '2' });
  const answers = [];
  for (const key of [both, renewed, both]) answers.push(await ask('POST', '/v1/generations', PROMPT, { ...with_(key), 'idempotency-key': 'one' }));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
  expect(answers[1]?.text).toBe(answers[0]?.text);
});

test('without keys it listens on the loopback only, whatever API_HOST says, and refuses what another site started', async () => {
  const { url, ask, note } = await openApi({ API_HOST: '0.0.0.0' });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(note).toContain('API_HOST=0.0.0.0 does not count without keys');
  const outside = Object.values(os.networkInterfaces()).flat().find((one) => one !== undefined && !one.internal && one.family === 'IPv4');
  if (outside !== undefined) await expect(fetch(url.replace('127.0.0.1', outside.address), { signal: AbortSignal.timeout(2_000) })).rejects.toThrow();
  expect((await ask('POST', '/v1/generations', PROMPT)).status).toBe(202);
  const { port } = new URL(url);
  for (const host of ['rebound.example.com', `localhost.example.com:${port}`, `not-localhost:${port}`]) {
    expect(await get(url, '/v1/generations', { host }), host).toBe(403);
  }
  expect(await get(url, '/v1/generations', { host: `localhost:${port}` })).toBe(200);
  for (const origin of ['https://evil.example.com', 'http://127.0.0.1:1']) expect(await get(url, '/v1/generations', { origin }), origin).toBe(403);
  expect(await get(url, '/v1/generations', { origin: url.replace(/\/$/, '') })).toBe(200);
  for (const site of ['cross-site', 'same-site']) expect(await get(url, '/v1/generations', { 'sec-fetch-site': site }), site).toBe(403);
  for (const site of ['same-origin', 'none']) expect(await get(url, '/v1/generations', { 'sec-fetch-site': site }), site).toBe(200);
});

test('with keys it listens where API_HOST says', async () => {
  const { url } = await openApi({ API_KEYS, API_HOST: '0.0.0.0' });
  expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  const { port } = new URL(url);
  expect((await asker(`http://127.0.0.1:${port}`)('GET', '/healthz')).status).toBe(200);
});

test('the entry of a new key holds its hash and not the key, and every answer bears the id of its request', async () => {
  expect(reader.entry).toBe(`reader:read:${createHash('sha256').update(reader.key).digest('hex')}`);
  expect(reader.key).toMatch(/^dailies_[\w-]{43}$/);
  const { ask } = await openApi({ API_KEYS });
  expect((await ask('GET', '/v1/generations', undefined, { 'x-request-id': 'mine-1' })).body).toMatchObject({ status: 401, requestId: 'mine-1' });
  const forged = await ask('GET', '/v1/generations', undefined, { 'x-request-id': 'a b{"x":1}' });
  expect(forged.body['requestId']).toMatch(/^[0-9a-f-]{36}$/);
  expect(forged.headers.get('x-request-id')).toBe(forged.body['requestId']);
  expect(forged.headers.get('x-powered-by')).toBeNull();
  expect(forged.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('behind a proxy that is trusted, addresses are those that it tells, and else nobody can choose its own', async () => {
  const guess = async (ask: ReturnType<typeof asker>, from: string) =>
    (await ask('GET', '/v1/generations', undefined, { authorization: 'Bearer wrong', 'x-forwarded-for': from })).status;
  const direct = await openApi({ API_KEYS });
  const proxied = await openApi({ API_KEYS, TRUST_PROXY: 'loopback' });
  for (let at = 0; at < 20; at += 1) await Promise.all([guess(direct.ask, `10.0.0.${at}`), guess(proxied.ask, '10.0.0.1')]);
  expect(await guess(direct.ask, '10.0.0.99')).toBe(429);
  expect(await guess(proxied.ask, '10.0.0.1')).toBe(429);
  expect(await guess(proxied.ask, '10.0.0.2')).toBe(401);
});

test('behind a proxy that is trusted, links to videos begin with the address that was called, and else with what was called here', async () => {
  const shown = { 'x-forwarded-host': 'api.example.com', 'x-forwarded-proto': 'https' };
  for (const [trust, begin] of [['loopback', 'https://api.example.com'], ['off', null]] as const) {
    const { ask, store, url } = await openApi({ TRUST_PROXY: trust });
    await ask('POST', '/v1/generations', { provider: 'luma', prompt: 'x', id: 'shown' });
    const { redis, keys } = await shardHolding(store, 'shown');
    await redis.hset(keys.generation('shown'), {
      folder: '/nowhere',
      files: JSON.stringify([{ kind: 'video', file: 'shown.mp4', sha256: 'a', bytes: 1, source: 'https://a.test/v.mp4' }]),
    });
    const { videos } = (await ask('GET', '/v1/generations/shown', undefined, shown)).body;
    expect(videos).toMatchObject([{ url: `${begin ?? url}/v1/generations/shown/videos/0` }]);
  }
});

/** `fetch` sets some headers itself. */
async function get(url: string, way: string, headers: Record<string, string>): Promise<number | undefined> {
  const asked = openRequest(`${url}${way}`, { agent: false, headers });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
