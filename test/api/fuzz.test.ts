/**
 * Requests made by chance of the OpenAPI document, right ones and wrong ones: none may be answered with a fault of ours, and none with
 * anything that is not in the document. DAILIES_FUZZ_REQUESTS sets how many (default 600), DAILIES_FUZZ_SEED which.
 */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApi } from '../support/api.ts';
import { broken, type Chance, chanceOf, valueOf } from './fuzz-values.ts';
import { checkAgainst, type DocumentedOperation } from './schema-check.ts';

const REQUESTS = Number(process.env['DAILIES_FUZZ_REQUESTS'] ?? 600);
const SEED = Number(process.env['DAILIES_FUZZ_SEED'] ?? 20_261_121);
const AT_ONCE = 8;

interface Sent {
  operation: DocumentedOperation;
  way: string;
  body?: string;
  headers: Record<string, string>;
}

test(`${REQUESTS} requests by chance are all answered as the document says, and never by a fault`, async () => {
  const api = await openApi();
  const { body: document } = await api.ask('GET', '/openapi.json');
  const check = checkAgainst(document);
  const { components } = z.object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) }).parse(document);
  const lookUp = (ref: string): unknown => components.schemas[ref.split('/').at(-1) ?? ''];
  const chance = chanceOf(SEED);
  const operations = check.operations.filter(({ path }) => path.startsWith('/v1/'));
  const statuses = new Map<number, number>();
  for (let sent = 0; sent < REQUESTS; sent += AT_ONCE) {
    const requests = Array.from({ length: AT_ONCE }, () => requestBy(chance, chance.one(operations), lookUp));
    await Promise.all(
      requests.map(async ({ operation, way, body, headers }) => {
        const end = operation.path.endsWith('/events') ? AbortSignal.timeout(5_000) : null;
        const response = await fetch(`${api.url}${way}`, {
          method: operation.method.toUpperCase(),
          headers,
          signal: end,
          ...(body === undefined ? {} : { body }),
        });
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        const shown = `${operation.method} ${way} ${JSON.stringify(headers)} ${body?.slice(0, 500) ?? ''}`;
        if (response.headers.get('content-type') === 'text/event-stream') {
          await response.body?.cancel();
          return;
        }
        const text = await response.text();
        expect(response.status, `${shown}\n${text}`).toBeLessThan(500);
        expect(check.faultOf(operation, response.status, response.headers, text), shown).toBeNull();
      }),
    );
  }
  // That both kinds were met shows that the chance is a fair one.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 404, 422]));
  expect((await api.ask('GET', '/readyz')).status).toBe(200);
}, 600_000);

function requestBy(chance: Chance, operation: DocumentedOperation, lookUp: (ref: string) => unknown): Sent {
  const isWrong = chance.below(2) === 0;
  const value = (schema: unknown): string =>
    String(isWrong && chance.below(3) === 0 ? chance.one(['', ' ', '-1', 'x', '999999999999', '%', 'ü', "'; --", 'a,b']) : valueOf(schema, chance, lookUp));
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const { name, in: place, required, schema } of operation.parameters) {
    if (!required && chance.below(4) !== 0) continue;
    if (place === 'query') query.append(name, value(schema));
    if (place === 'header') headers[name] = encodeURIComponent(value(schema));
  }
  if (isWrong && chance.below(6) === 0) query.append(chance.one(['stat', 'x', 'state[]', '__proto__']), 'y');
  // Some of them are there, since the bodies name the same ones.
  const id = chance.one([`f${chance.below(40)}`, `f${chance.below(40)}`, 'nobody', ...(isWrong ? ['%20', '..%2f', 'ü', 'a'.repeat(300), '%00', '{x}'] : [])]);
  const way = `${operation.path.replace('{id}', id.includes('%') ? id : encodeURIComponent(id)).replace('{n}', chance.one(['0', '1', 'x']))}${query.size === 0 ? '' : `?${query.toString()}`}`;
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return { operation, way, headers };
  const [type, { schema }] = chance.one(content);
  const sentType = isWrong && chance.below(8) === 0 ? chance.one(['text/plain', 'application/xml', '']) : type;
  if (sentType !== '') headers['content-type'] = sentType;
  const whole = type === 'application/json' ? valueOf(schema, chance, lookUp) : '{"provider":"luma","prompt":"x"}\n{"provider":"pika","prompt":"y"}';
  const wrong = isWrong && chance.below(4) !== 0 ? broken(whole, chance) : whole;
  const text = type === 'application/json' ? JSON.stringify(wrong) : typeof wrong === 'string' ? wrong : JSON.stringify(wrong);
  return { operation, way, headers, body: isWrong && chance.below(8) === 0 ? text.slice(0, chance.below(text.length + 1)) : text };
}
