/** `GET /v1/generations/:id` */
import { isHeldBy, pauses, readDeliveries } from '@dailies/queue';
import type { ApiContext } from '../api-context.ts';
import type { Operation } from '../operation.ts';
import { generationWithDeliveriesSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { shownGeneration, shownPause } from '../schemas/shown.ts';
import { existingGeneration, idParameter } from './existing.ts';

export function getGeneration({ desk }: ApiContext): Operation {
  return {
    method: 'get',
    path: '/v1/generations/{id}',
    scope: 'read',
    document: {
      operationId: 'getGeneration',
      summary: 'One generation, with its history, its videos, the pauses that hold it and the deliveries of its webhook',
      tags: ['Generations'],
      requestParams: { path: idParameter },
      responses: { 200: { description: 'The generation.', content: { 'application/json': { schema: generationWithDeliveriesSchema } } }, ...problems(404) },
    },
    async handle(request, response) {
      const generation = await existingGeneration(desk.store, request);
      const deliveries = await readDeliveries(desk.store, 'generation', generation.id);
      const holding = (await pauses(desk.store)).filter((one) => isHeldBy(one, generation));
      response.json({
        ...shownGeneration(generation, request),
        ...(holding.length === 0 ? {} : { pauses: holding.map(shownPause) }),
        ...(deliveries.length === 0 ? {} : { deliveries }),
      });
    },
  };
}
