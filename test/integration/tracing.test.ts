/** Traces, as a real collector receives them: OTLP over HTTP, in JSON. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createGenerations, createLog, handOver, readGenerations } from '@dailies/queue';
import { PROVIDERS } from '@dailies/providers';
import { openTracing, traceOf } from '@dailies/telemetry';
import { createWorker } from '@dailies/worker';
import { PROMPTS, openRig } from '../support/rig.ts';

const attribute = z.object({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) });
const span = z.object({ traceId: z.string(), spanId: z.string(), parentSpanId: z.string().optional(), name: z.string(), attributes: z.array(attribute).default([]) });
const BODY = z.object({ resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })) });

async function startCollector() {
  const spans: z.infer<typeof span>[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...BODY.parse(JSON.parse(Buffer.concat(parts).toString())).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
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

test('from the request to the file one trace: submit, poll, download, and nothing of an idle queue or of the prompt', async () => {
  const collector = await startCollector();
  const rig = await openRig();
  const tracing = await openTracing(collector.url, 'test');
  onTestFinished(() => tracing.stop());
  const worker = createWorker({ config: rig.config, redisUrl: rig.redisUrl, log: createLog({ level: 'silent', name: 'test' }), healthPort: null, tracing });
  onTestFinished(() => worker.stop(5_000));
  await worker.start();

  const account = rig.config.providers.kling.account?.id ?? '';
  const ask = PROMPTS.kling;
  await tracing.span('POST /v1/generations', {}, async ({ traceparent }) => {
    const item = { id: 'traced', provider: 'kling' as const, account, ask, request: PROVIDERS.kling.request.parse(ask), fingerprint: 'f', priority: 1, metadata: null, trace: traceparent };
    await createGenerations(rig.store, { batch: null, lane: 'key', attended: false, items: [item] });
    await handOver(rig.store, rig.queues, (await readGenerations(rig.store, ['traced'])).filter((one) => one !== null));
  });
  const [other = ''] = await rig.enqueue('without', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.reached(['traced', other], ['succeeded']);
  await worker.stop(5_000);
  await tracing.stop();

  const root = collector.spans.find(({ name }) => name === 'POST /v1/generations');
  const mine = collector.spans.filter(({ traceId }) => traceId === root?.traceId);
  expect(mine.map(({ name }) => name)).toEqual(expect.arrayContaining(['submit', 'poll', 'download']));
  // A tree: every span of the trace hangs below another one of it.
  const ids = new Set(mine.map(({ spanId }) => spanId));
  expect(mine.filter(({ spanId, parentSpanId }) => spanId !== root?.spanId && !ids.has(parentSpanId ?? ''))).toEqual([]);
  // One that came without a trace has its own.
  const own = traceOf(other).slice(3, 35);
  expect(collector.spans.filter(({ traceId }) => traceId === own).map(({ name }) => name)).toEqual(expect.arrayContaining(['submit', 'poll', 'download']));
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([root?.traceId, own]));
  expect(JSON.stringify(collector.spans)).not.toContain('little dog');
});

test('without an endpoint nothing is traced', async () => {
  const tracing = await openTracing(null, 'test');
  expect(tracing).toMatchObject({ on: false });
  expect(tracing.bullmq).toBeUndefined();
  expect(await tracing.span('nothing', {}, async ({ traceparent }) => traceparent)).toBe('');
});
