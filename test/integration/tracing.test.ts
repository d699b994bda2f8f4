/** Traces, as a real collector receives them: OTLP over HTTP, in JSON. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createLog, readDeliveries } from '@dailies/queue';
import { openTracing, traceOf } from '@dailies/telemetry';
import { createWorker } from '@dailies/worker';
import { createApi } from '../../apps/producer/src/api/index.ts';
import { asker } from '../support/api.ts';
import { FAST, SECRET } from '../support/mail.ts';
import { openReceiver } from '../support/receiver.ts';
import { PROMPTS, openRig } from '../support/rig.ts';

const attribute = z.object({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) });
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.int(),
  status: z.object({ code: z.int().optional() }).optional(),
  attributes: z.array(attribute).default([]),
});
type Span = z.infer<typeof span>;
const BODY = z.object({ resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })) });

async function startCollector() {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...spansIn(Buffer.concat(parts).toString()));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { spans, url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` };
}

function spansIn(body: string): Span[] {
  const { resourceSpans } = BODY.parse(JSON.parse(body));
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** Of OTLP. */
const SERVER = 2;

const generationOf = ({ attributes }: Span): string => attributes.find(({ key }) => key === 'dailies.generation')?.value.stringValue ?? '';

async function openTracedHouse() {
  const collector = await startCollector();
  const receiver = await openReceiver();
  const rig = await openRig({}, { PORT: '0', WEBHOOK_SECRET: SECRET });
  const log = createLog({ level: 'silent', name: 'test' });
  const tracing = await openTracing(collector.url, 'test');
  onTestFinished(() => tracing.stop());
  const worker = createWorker({ config: rig.config, redisUrl: rig.redisUrl, log, healthPort: null, tracing, webhooks: { rules: FAST } });
  const api = createApi({ config: rig.config, redisUrl: rig.redisUrl, log, version: '0.0.0-test', tracing });
  async function stop(): Promise<void> {
    await api.stop(2_000);
    await worker.stop(5_000);
    await tracing.stop();
  }
  onTestFinished(stop);
  await worker.start();
  return { ...rig, collector, receiver, ask: asker((await api.start()).url), stop };
}

const CALLER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };
/** The header of a request in this trace, below the caller's span. */
const within = (trace: string) => ({ traceparent: `00-${trace}-${CALLER.span}-01` });

test('from the request to the file and the webhook one trace, below the span of the caller; nothing of an idle queue or of the prompt', async () => {
  const house = await openTracedHouse();
  const { ask, collector, receiver, stop, store } = house;
  const traced = { provider: 'kling', id: 'traced', webhook: receiver.url, ...PROMPTS.kling };
  const answer = await ask('POST', '/v1/generations', traced, within(CALLER.trace));
  expect(answer.status).toBe(202);
  const [other = ''] = await house.enqueue('without', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await house.reached(['traced', other], ['succeeded']);
  await expect.poll(() => readDeliveries(store, 'generation', 'traced')).toMatchObject([{ outcome: 'delivered' }]);
  await stop();

  const mine = collector.spans.filter(({ traceId }) => traceId === CALLER.trace);
  const root = mine.find(({ name }) => name === 'POST /v1/generations');
  expect(root).toMatchObject({ parentSpanId: CALLER.span, kind: SERVER });
  const names = mine.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['submit', 'poll', 'download', 'webhook']));
  // BullMQ's own spans are in it too, and hang where they belong.
  expect(names).toEqual(expect.arrayContaining([expect.stringMatching(/^add(Bulk)? kling-submit/) as unknown, 'process kling-poll', 'process download']));
  const ids = new Set(mine.map(({ spanId }) => spanId));
  expect(mine.filter((one) => one !== root && !ids.has(one.parentSpanId ?? ''))).toEqual([]);
  // One that came without a trace has its own.
  const own = traceOf(other).slice(3, 35);
  expect(collector.spans.filter(({ traceId }) => traceId === own).map(({ name }) => name)).toEqual(expect.arrayContaining(['submit', 'poll', 'download']));
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.trace, own]));
  expect(JSON.stringify(collector.spans)).not.toMatch(/little dog|shuttle|\/hook/);
});

test('requests that arrive together keep their traces apart, a small batch hangs below its request, and each of a large one has its own', async () => {
  const house = await openTracedHouse();
  const { ask, collector, stop } = house;
  const traces = ['1', '2', '3'].map((digit) => digit.repeat(32));
  const apart = (at: number) => ({ provider: 'luma', id: `apart-${at}`, prompt: `a tower of glass, number ${at}` });
  await Promise.all(traces.map((trace, at) => ask('POST', '/v1/generations', apart(at), within(trace))));
  const small = '4'.repeat(32);
  const boats = [0, 1].map((at) => ({ provider: 'pika', id: `small-${at}`, prompt: `paper boats, number ${at}` }));
  await ask('POST', '/v1/batches', { batch: 'small', items: boats }, within(small));
  const large = '5'.repeat(32);
  const items = Array.from({ length: 101 }, (_, at) => ({ provider: 'hailuo', id: `large-${at}`, prompt: `a furnace, number ${at}` }));
  await ask('POST', '/v1/batches', { batch: 'large', items }, within(large));
  await house.reached(['apart-0', 'apart-1', 'apart-2', 'small-0', 'small-1', 'large-0'], ['succeeded']);
  await ask('DELETE', '/v1/batches/large');
  await stop();

  const steps = collector.spans.filter(({ name }) => ['submit', 'poll', 'download'].includes(name));
  const told = (trace: string): string[] => [...new Set(steps.filter(({ traceId }) => traceId === trace).map(generationOf))].toSorted();
  expect(traces.map(told)).toEqual([['apart-0'], ['apart-1'], ['apart-2']]);
  expect(told(small)).toEqual(['small-0', 'small-1']);
  expect(told(large)).toEqual([]);
  expect(told(traceOf('large-0').slice(3, 35))).toEqual(['large-0']);
});

test('what the caller does not sample is not traced, a refused request is no error, and what cannot be read begins a trace of its own', async () => {
  const house = await openTracedHouse();
  const { ask, collector, stop } = house;
  await ask('POST', '/v1/generations', { provider: 'luma', id: 'quiet', ...PROMPTS.luma }, { traceparent: `00-${CALLER.trace}-${CALLER.span}-00` });
  await house.reached(['quiet'], ['succeeded']);
  expect((await ask('POST', '/v1/generations', { provider: 'nobody' }, { traceparent: 'nonsense' })).status).toBe(422);
  expect((await ask('GET', '/v1/generations')).status).toBe(200);
  await stop();
  expect(collector.spans.map(({ name }) => name)).toEqual(['POST /v1/generations']);
  expect(collector.spans[0]?.parentSpanId).toBeUndefined();
  expect(collector.spans[0]?.status?.code ?? 0).toBe(0);
  expect(collector.spans[0]?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 422 } });
});

test('without an endpoint nothing is traced', async () => {
  const tracing = await openTracing(null, 'test');
  expect(tracing).toMatchObject({ on: false });
  expect(tracing.bullmq).toBeUndefined();
  expect(await tracing.span('nothing', {}, async ({ traceparent }) => traceparent)).toBe('');
});
