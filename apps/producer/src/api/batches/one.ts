/** `GET /v1/batches/:id` and its generations. */
import { publicBatch } from '@dailies/queue';
import { listGenerations, batchListQuery } from '../generations/list.ts';
import type { ApiContext } from '../api-context.ts';
import type { Operation } from '../operation.ts';
import { batchAnswerSchema, pageSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { batchParameter, existingBatch } from './existing.ts';

export function getBatch({ desk }: ApiContext): Operation {
  return {
    method: 'get',
    path: '/v1/batches/{id}',
    scope: 'read',
    document: {
      operationId: 'getBatch',
      summary: 'The counts of a batch',
      tags: ['Batches'],
      requestParams: { path: batchParameter },
      responses: { 200: { description: 'The batch.', content: { 'application/json': { schema: batchAnswerSchema } } }, ...problems(404) },
    },
    async handle(request, response) {
      response.json(publicBatch(await existingBatch(desk.store, request)));
    },
  };
}

export function listOfBatch({ desk }: ApiContext): Operation {
  return {
    method: 'get',
    path: '/v1/batches/{id}/generations',
    scope: 'read',
    document: {
      operationId: 'listBatch',
      summary: 'The generations of a batch, in its order',
      tags: ['Batches'],
      requestParams: { path: batchParameter, query: batchListQuery },
      responses: { 200: { description: 'A page.', content: { 'application/json': { schema: pageSchema } } }, ...problems(404) },
    },
    async handle(request, response) {
      const { name } = await existingBatch(desk.store, request);
      response.json(await listGenerations(desk.store, request, name));
    },
  };
}
