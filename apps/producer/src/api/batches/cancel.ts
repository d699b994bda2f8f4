/** `DELETE /v1/batches/:id`: cancels every generation of the batch that has not ended, by the rules of its state. */
import { cancelWholeBatch, type Desk, publicBatch, readBatch } from '@dailies/queue';
import { z } from 'zod';
import { collectQuery } from '../generations/cancel.ts';
import { readQuery } from '../http/read-query.ts';
import type { ApiContext } from '../api-context.ts';
import type { Operation } from '../operation.ts';
import { batchAnswerSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { batchParameter, existingBatch } from './existing.ts';

const OUTCOMES = ['canceled', 'requested', 'unwanted', 'refused', 'nothing'] as const;

const answerSchema = batchAnswerSchema
  .extend({ outcomes: z.object(Object.fromEntries(OUTCOMES.map((name) => [name, z.int().min(0)]))).describe('What became of how many.') })
  .meta({ id: 'BatchCancel' });

export function cancelBatch({ desk }: ApiContext): Operation {
  return {
    method: 'delete',
    path: '/v1/batches/{id}',
    scope: 'write',
    document: {
      operationId: 'cancelBatch',
      summary: 'Cancel what is left of a batch',
      description: '`refused`: paid and ready, or unresolved. `nothing`: ended before. See also DELETE /v1/generations/{id}.',
      tags: ['Batches'],
      requestParams: { path: batchParameter, query: collectQuery },
      responses: {
        200: { description: 'The batch afterwards, and what became of its generations.', content: { 'application/json': { schema: answerSchema } } },
        ...problems(404),
      },
    },
    async handle(request, response) {
      const collect = readQuery(request, collectQuery).collect === 'true';
      const batch = await existingBatch(desk.store, request);
      const outcomes = await cancelAll(desk, batch.name, collect);
      response.json({ ...publicBatch((await readBatch(desk.store, batch.name)) ?? batch), outcomes });
    },
  };
}

/** Cancels all of it, even while the API stops: a caller who is told that the batch is canceled does not check whether a part will still be paid. */
async function cancelAll(desk: Desk, batch: string, collect: boolean): Promise<Record<string, number>> {
  const counts: Record<string, number> = Object.fromEntries(OUTCOMES.map((name) => [name, 0]));
  for await (const page of cancelWholeBatch(desk, batch, { collect })) {
    for (const { outcome } of page) counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
