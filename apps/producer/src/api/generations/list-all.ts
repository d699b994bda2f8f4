/** `GET /v1/generations` */
import type { ApiContext } from '../api-context.ts';
import type { Operation } from '../operation.ts';
import { pageSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { listGenerations, listQuery } from './list.ts';

export function listAll({ desk }: ApiContext): Operation {
  return {
    method: 'get',
    path: '/v1/generations',
    scope: 'read',
    document: {
      operationId: 'listGenerations',
      summary: 'Generations, newest first',
      tags: ['Generations'],
      requestParams: { query: listQuery },
      responses: { 200: { description: 'A page.', content: { 'application/json': { schema: pageSchema } } }, ...problems() },
    },
    async handle(request, response) {
      response.json(await listGenerations(desk.store, request, null));
    },
  };
}
