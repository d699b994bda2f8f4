/** The OpenAPI document: valid, whole, and true; and its page for people. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, onTestFinished, test } from 'vitest';
import { findChromium, openChromium } from '../browser/chromium.ts';
import { openApi, untilHeard } from '../support/api.ts';
import { checkAgainst, type DocumentedOperation } from './schema-check.ts';

test('the document passes a validator of OpenAPI 3.1', async () => {
  const { ask } = await openApi({ API_KEYS: `a:read:${'0'.repeat(64)}` });
  const { body } = await ask('GET', '/openapi.json');
  expect(body['openapi']).toBe('3.1.0');
  const result = await new Validator().validate(body);
  expect(result).toMatchObject({ valid: true });
});

test('the document has every way of the interface', async () => {
  const { ask } = await openApi();
  const { operations } = checkAgainst((await ask('GET', '/openapi.json')).body);
  expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted()).toEqual([
    'DELETE /v1/batches/{id}', 'DELETE /v1/generations/{id}', 'GET /docs', 'GET /healthz', 'GET /metrics', 'GET /openapi.json', 'GET /readyz',
    'GET /v1/batches/{id}', 'GET /v1/batches/{id}/events', 'GET /v1/batches/{id}/generations', 'GET /v1/generations', 'GET /v1/generations/{id}',
    'GET /v1/generations/{id}/extras/{n}', 'GET /v1/generations/{id}/videos/{n}', 'GET /v1/generations/{id}/videos/{n}/thumbnail',
    'GET /v1/providers', 'POST /v1/batches', 'POST /v1/generations', 'POST /v1/generations/{id}/resolve', 'POST /v1/generations/{id}/retry',
  ]);
});

test('every example of a body is accepted as it stands, fits its schema, and is answered as documented', async () => {
  const api = await openApi();
  const check = checkAgainst((await api.ask('GET', '/openapi.json')).body);
  let executed = 0;
  for (const operation of check.operations) {
    for (const [type, { schema, examples }] of Object.entries(operation.requestBody?.content ?? {})) {
      expect(Object.keys(examples), `examples of ${operation.operationId} ${type}`).not.toEqual([]);
      for (const [name, { value }] of Object.entries(examples)) {
        if (type === 'application/json') expect(check.fits(schema, value), name).toBe(true);
        const way = type === 'application/x-ndjson' ? `${wayOf(operation)}?${exampleQuery(operation)}` : wayOf(operation);
        const answer = await untilHeard(() => api.ask(operation.method.toUpperCase(), way, value, { 'content-type': type }));
        // What names a generation has none here to be true of: then the address is what is wrong, never the example.
        expect(operation.path.includes('{id}') ? [404] : [202], `${operation.operationId} ${name}: ${answer.text}`).toContain(answer.status);
        expect(check.faultOf(operation, answer.status, answer.headers, answer.text)).toBeNull();
        executed += 1;
      }
    }
  }
  expect(executed).toBe(8);
  expect((await api.ask('GET', '/v1/batches/monday')).body).toMatchObject({ total: 2 });
});

test('every way without a body is answered as documented', async () => {
  const api = await openApi();
  await api.ask('POST', '/v1/batches', { batch: 'monday', items: [{ provider: 'luma', prompt: 'x', id: 'one' }] });
  const check = checkAgainst((await api.ask('GET', '/openapi.json')).body);
  for (const operation of check.operations.filter(({ method, path }) => method === 'get' && !path.endsWith('/events'))) {
    const answer = await api.ask('GET', wayOf(operation, operation.path.startsWith('/v1/generations') ? 'one' : 'monday'));
    expect(answer.status, operation.path).toBe(/\/(videos|extras)\//.test(operation.path) ? 404 : 200);
    expect(check.faultOf(operation, answer.status, answer.headers, answer.text)).toBeNull();
  }
});

test('the page for people loads nothing from anywhere, runs no script, and names every way and every problem', async (context) => {
  const executable = findChromium();
  if (executable === null) return context.skip('there is no Chromium');
  const api = await openApi();
  const browser = await openChromium(executable);
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const asked: string[] = [];
  const faults: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${api.url}/docs`);
  expect(asked.filter((url) => !url.endsWith('/favicon.ico'))).toEqual([`${api.url}/docs`]);
  expect(faults.filter((text) => !text.includes('404'))).toEqual([]);
  const check = checkAgainst((await api.ask('GET', '/openapi.json')).body);
  for (const { operationId, path } of check.operations) expect(await page.locator(`#${operationId} h3 code`).textContent()).toBe(path);
  expect(await page.locator('#problem-invalid').count()).toBe(1);
  // The one style of its own is let in by its hash.
  expect(await page.locator('body').evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).maxWidth)).not.toBe('none');
});

/** The examples of its parameters. */
function exampleQuery({ parameters }: DocumentedOperation): string {
  return new URLSearchParams(
    parameters.flatMap(({ name, in: place, schema }) =>
      place === 'query' && typeof schema['example'] === 'string' ? [[name, schema['example']] satisfies [string, string]] : [],
    ),
  ).toString();
}

function wayOf({ path }: DocumentedOperation, id = 'nobody'): string {
  return path.replace('{id}', id).replace('{n}', '0');
}
