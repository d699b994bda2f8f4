/** `DELETE /v1/generations/:id`: cancels by the rules of the ledger. The answer says what will be billed; a finished video is never thrown away. */
import { cancelGeneration, readGeneration } from '@dailies/queue';
import { z } from 'zod';
import { notFound, Problem } from '../http/problem.ts';
import { readQuery } from '../http/read-query.ts';
import type { ApiContext } from '../api-context.ts';
import type { Operation } from '../operation.ts';
import { outcomeSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { shownGeneration } from '../schemas/shown.ts';
import { existingGeneration, idParameter } from './existing.ts';

export const collectQuery = z.strictObject({
  collect: z
    .enum(['true', 'false'])
    .optional()
    .describe('true or false. true: what renders already, or is being submitted and then accepted, is not canceled but collected, flagged unwanted.'),
});

export function cancelOne({ desk }: ApiContext): Operation {
  return {
    method: 'delete',
    path: '/v1/generations/{id}',
    scope: 'write',
    document: {
      operationId: 'cancelGeneration',
      summary: 'Cancel a generation',
      description:
        'Queued: canceled, nothing is paid. Being submitted: `requested`, decided when the outcome is known; ' +
        'until then the generation has `cancelRequested`. Rendering: canceled, and billed all the same. ' +
        'Downloading: refused (409), it is paid and ready. Unresolved: refused (409), see resolve. Ended: `nothing`.',
      tags: ['Generations'],
      requestParams: { path: idParameter, query: collectQuery },
      responses: {
        200: {
          description: 'What became of it.',
          content: { 'application/json': { schema: outcomeSchema(['canceled', 'requested', 'unwanted', 'nothing']).meta({ id: 'CancelOutcome' }) } },
        },
        ...problems(404, 409),
      },
    },
    async handle(request, response) {
      const { collect } = readQuery(request, collectQuery);
      const { id } = await existingGeneration(desk.store, request);
      const { outcome, message } = await cancelGeneration(desk, id, { collect: collect === 'true' });
      const after = await readGeneration(desk.store, id);
      if (after === null || outcome === 'unknown') throw notFound(`generation ${id}`);
      if (outcome === 'refused') {
        const why = after.state === 'unresolved' ? 'nobody knows whether it was accepted: give it up with POST …/resolve {"abandon": true}' : message;
        throw new Problem(409, 'not-cancelable', `Not canceled: ${why}.`);
      }
      response.json({ id, outcome, message, generation: shownGeneration(after, request) });
    },
  };
}
