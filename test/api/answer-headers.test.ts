/** Every header of ours that an answer has is in the OpenAPI document, and every one that the document describes is sent by somebody. */
import { expect, test } from 'vitest';
import { SIMULATED_KEY } from '@dailies/queue';
import { newKey } from '../../apps/producer/src/api/keys/new-key.ts';
import { openApi } from '../support/api.ts';
import { storeVideo } from '../support/stored-video.ts';
import { checkAgainst, type SchemaCheck } from './schema-check.ts';

const boss = newKey('boss', ['admin']);
const reader = newKey('reader', ['read']);
const PROMPT = { provider: 'luma', prompt: 'a boat', id: 'boat' };
const VIDEO = '/v1/generations/one/videos/0';
const SIMULATED = { ALLEGRO_API_KEY: SIMULATED_KEY, KLING_API_KEY: SIMULATED_KEY, ACEDATA_API_KEY: SIMULATED_KEY };

test('every header of ours that an answer has is described, and no other is', async () => {
  const api = await openApi({ ...SIMULATED, API_KEYS: [boss, reader].map(({ entry }) => entry).join(','), API_RATE_PER_MINUTE: '13' });
  const { body: document } = await api.ask('GET', '/openapi.json');
  const check = checkAgainst(document);
  await storeVideo(api);
  const seen = new Set<string>();
  const ask = async (status: number, method: string, way: string, { headers, body }: Asked = {}): Promise<void> => {
    const response = await fetch(`${api.url}${way}`, {
      method,
      headers: { authorization: `Bearer ${boss.key}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    if (isStream) await response.body?.cancel();
    const text = isStream ? '' : await response.text();
    expect(response.status, `${method} ${way}: ${text}`).toBe(status);
    expect(check.faultOf(operationOf(check, method, way), status, response.headers, text), way).toBeNull();
    for (const name of response.headers.keys()) seen.add(name);
  };
  const once = { headers: { 'content-type': 'application/json', 'idempotency-key': 'k' }, body: PROMPT };
  await ask(200, 'GET', '/healthz');
  await ask(202, 'POST', '/v1/generations', once);
  await ask(202, 'POST', '/v1/generations', once);
  await ask(415, 'POST', '/v1/generations', { headers: { 'content-type': 'text/plain' }, body: PROMPT });
  await ask(202, 'POST', '/v1/batches', { headers: { 'content-type': 'application/json' }, body: { batch: 'monday', items: [PROMPT].map(({ id: _id, ...rest }) => rest) } });
  await ask(401, 'GET', VIDEO, { headers: { authorization: 'Bearer nobody' } });
  await ask(403, 'DELETE', '/v1/generations/boat', { headers: { authorization: `Bearer ${reader.key}` } });
  await ask(200, 'GET', '/v1/batches/monday/events');
  await ask(200, 'GET', VIDEO);
  await ask(206, 'GET', VIDEO, { headers: { range: 'bytes=0-3' } });
  await ask(206, 'GET', VIDEO, { headers: { range: 'bytes=-99' } });
  await ask(416, 'GET', VIDEO, { headers: { range: 'bytes=99-' } });
  await ask(412, 'GET', VIDEO, { headers: { 'if-match': '"another"' } });
  await ask(200, 'POST', '/v1/generations/boat/retry');
  for (let left = 1; left >= 0; left -= 1) await ask(200, 'GET', '/v1/generations');
  await ask(429, 'GET', '/v1/generations');
  const { components } = document as unknown as { components: { headers: Record<string, unknown> } };
  expect(Object.keys(components.headers).filter((name) => !seen.has(name.toLowerCase()))).toEqual([]);
});

interface Asked {
  headers?: Record<string, string>;
  body?: unknown;
}

function operationOf({ operations }: SchemaCheck, method: string, way: string) {
  const found = operations.find((one) => one.method === method.toLowerCase() && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(way));
  if (found === undefined) throw new Error(`${method} ${way} is in no document`);
  return found;
}
