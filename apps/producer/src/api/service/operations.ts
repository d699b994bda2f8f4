/** The operations about the service itself: liveness, readiness, metrics, and the providers. */
import { PROVIDERS } from '@dailies/providers';
import { endsWithin } from '@dailies/queue';
import type { MetricsPage } from '@dailies/telemetry';
import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { ApiContext } from '../api-context.ts';
import { answerHeaders } from '../openapi/answer-headers.ts';
import type { Operation } from '../operation.ts';
import { providersData } from '../../providers-page/index.ts';
import { problems } from '../schemas/problem.ts';
import { showMetrics } from './scrape.ts';

const PING_MS = 1_000;
const health = z.object({ status: z.enum(['ok', 'ready', 'not ready']), redis: z.enum(['ok', 'away']).optional() }).meta({ id: 'Health' });

export function serviceOperations({ config, desk }: ApiContext, metrics: MetricsPage): Operation[] {
  return [
    {
      method: 'get',
      path: '/v1/providers',
      scope: 'read',
      document: {
        operationId: 'listProviders',
        summary: 'The providers: their models, parameters, bounds and limits',
        tags: ['Providers'],
        responses: { 200: answer(providersSchema, 'The providers.'), ...problems() },
      },
      handle: (_request, response) => {
        const providers = providersData().map((one) => ({ ...one, configured: config.providers[one.name].account !== null }));
        response.json({ items: providers });
      },
    },
    {
      method: 'get',
      path: '/healthz',
      scope: null,
      document: { operationId: 'healthz', summary: 'The process lives', tags: ['Service'], responses: { 200: answer(health, 'The process lives.') } },
      handle: (_request, response) => void response.set('Cache-Control', 'no-store').json({ status: 'ok' }),
    },
    {
      method: 'get',
      path: '/readyz',
      scope: null,
      document: {
        operationId: 'readyz',
        summary: 'It can accept work: Redis answers',
        tags: ['Service'],
        responses: { 200: answer(health, 'It can accept work.'), 503: answer(health, 'It cannot accept work: Redis does not answer.') },
      },
      async handle(_request, response) {
        const isThere = await endsWithin(PING_MS, desk.store.redis.ping()).catch(() => false);
        response
          .status(isThere ? 200 : 503)
          .set('Cache-Control', 'no-store')
          .json(isThere ? { status: 'ready', redis: 'ok' } : { status: 'not ready', redis: 'away' });
      },
    },
    {
      method: 'get',
      path: '/metrics',
      scope: 'read',
      document: {
        operationId: 'metrics',
        summary: 'For Prometheus',
        description: 'The metrics of docs/metrics.md. A caller may send METRICS_TOKEN instead of a key.',
        tags: ['Service'],
        responses: { 200: answer(z.string(), 'The metrics.', 'text/plain'), ...problems() },
      },
      handle: (_request, response) => showMetrics(metrics, response),
    },
  ];
}

function answer(schema: z.ZodType, description: string, type = 'application/json'): ZodOpenApiResponseObject {
  return { description, headers: answerHeaders('Cache-Control'), content: { [type]: { schema } } };
}

const providersSchema = z
  .object({
    items: z.array(
      z.object({
        name: z.enum(Object.values(PROVIDERS).map(({ name }) => name)),
        title: z.string(),
        models: z.array(z.string()),
        image: z.enum(['none', 'url', 'url-or-bytes']),
        imageParams: z.array(z.string()),
        pace: z.record(z.string(), z.number()),
        limits: z.array(z.object({ variable: z.string(), about: z.string() })).describe('How much may be in flight, and the variables that say so.'),
        params: z.record(z.string(), z.unknown()).describe('JSON Schema of `params`.'),
        configured: z.boolean().describe('Whether this system has a key for it.'),
      }),
    ),
  })
  .meta({ id: 'Providers' });
