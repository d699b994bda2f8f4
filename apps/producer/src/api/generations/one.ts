/** `GET /v1/generations/:id` */
import type { House } from '../house.ts';
import type { Operation } from '../operation.ts';
import { generationSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { shownGeneration } from '../schemas/shown.ts';
import { existingGeneration, idParameter } from './existing.ts';

export function getGeneration({ desk }: House): Operation {
  return {
    method: 'get',
    path: '/v1/generations/{id}',
    scope: 'read',
    document: {
      operationId: 'getGeneration',
      summary: 'One generation, with its history and its videos',
      tags: ['Generations'],
      requestParams: { path: idParameter },
      responses: { 200: { description: 'The generation.', content: { 'application/json': { schema: generationSchema } } }, ...problems(404) },
    },
    async handle(request, response) {
      response.json(shownGeneration(await existingGeneration(desk.store, request), request));
    },
  };
}
