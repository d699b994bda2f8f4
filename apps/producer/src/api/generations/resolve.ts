/** `POST /v1/generations/:id/resolve`: a person's decision about a generation of which nobody knows whether it was accepted. */
import { type FieldFault, isHeeded, isObject, LONGEST_TASK_ID, quoted, readGeneration, resolveGeneration, type Resolution } from '@dailies/queue';
import { z } from 'zod';
import { canonicalText } from '../http/canonical-text.ts';
import { type Answer, answerOnce } from '../http/idempotent.ts';
import { notFound, pointed, Problem } from '../http/problem.ts';
import { readRequestJson } from '../http/read-json.ts';
import { NO_QUERY, readQuery } from '../http/read-query.ts';
import type { ApiContext } from '../api-context.ts';
import { answerHeaders } from '../openapi/answer-headers.ts';
import { IDEMPOTENCY_HEADER } from '../openapi/idempotency-header.ts';
import type { Operation } from '../operation.ts';
import { outcomeSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { shownGeneration } from '../schemas/shown.ts';
import { existingGeneration, idParameter } from './existing.ts';

const wordSchema = z
  .union([
    z.strictObject({
      task: z
        .string()
        .min(1)
        .max(LONGEST_TASK_ID)
        .describe(
          'The upstream has it: this is its task. It is polled; nothing is paid again. Also takes the place ' +
            'of a task that was given so and mistyped, while the generation is rendering, overdue or failed; and takes up ' +
            'the older task for whose sake the upstream has refused the id (failed, `id_used`).',
        ),
    }),
    z.strictObject({ resubmit: z.literal(true).describe('The upstream does not have it: it is sent again, in a new round. Pays twice if you are wrong.') }),
    z.strictObject({ abandon: z.literal(true).describe('Give it up.') }),
  ])
  .meta({ id: 'Resolution' });

export function resolveOne(api: ApiContext): Operation {
  const { desk } = api;

  return {
    method: 'post',
    path: '/v1/generations/{id}/resolve',
    scope: 'admin',
    document: {
      operationId: 'resolveGeneration',
      summary: 'Decide about an unresolved generation',
      tags: ['Generations'],
      requestParams: { path: idParameter, header: IDEMPOTENCY_HEADER },
      requestBody: {
        required: true,
        content: { 'application/json': { schema: wordSchema, examples: { abandon: { value: { abandon: true } }, resubmit: { value: { resubmit: true } } } } },
      },
      responses: {
        200: {
          description: 'Done.',
          headers: answerHeaders('Idempotent-Replayed'),
          content: { 'application/json': { schema: outcomeSchema(['resolved']).meta({ id: 'ResolveOutcome' }) } },
        },
        ...problems(404, 409, 413, 415, 422),
      },
    },
    async handle(request, response) {
      const body = await readRequestJson(request, response);
      const word = wordSchema.safeParse(body);
      if (!word.success) throw new Problem(422, 'invalid', 'The decision is not right. Nothing was done.', { errors: pointed([faultOf(body)]) });
      const found = await existingGeneration(desk.store, request);
      // Giving up changes the state and leaves `seq` as it is, so both are needed to see that it has moved.
      const nonce = `${found.seq} ${found.state}`;
      await answerOnce(api, request, response, {
        content: canonicalText(body),
        nonce,
        check: () => readQuery(request, NO_QUERY),
        async act(first): Promise<Answer> {
          const resolution = resolutionOf(word.data);
          // It has moved since the key was first used: by that request, which died, or by itself, and then nothing was done.
          const isDone = first !== null && first !== nonce && isHeeded(found, resolution);
          const { done, message } = isDone
            ? { done: true, message: 'done by an earlier request with this Idempotency-Key' }
            : await resolveGeneration(desk, found.id, resolution, Number((first ?? nonce).split(' ')[0]));
          if (!done) throw new Problem(409, 'not-resolvable', `Not resolved: ${message}.`);
          const after = await readGeneration(desk.store, found.id);
          if (after === null) throw notFound(`generation ${found.id}`);
          return { status: 200, body: { id: found.id, outcome: 'resolved', message, generation: shownGeneration(after, request) } };
        },
      });
    },
  };
}

/** Of a body that is no decision. */
function faultOf(body: unknown): FieldFault {
  const [[name, value] = [], ...more] = isObject(body) ? Object.entries(body) : [];
  const remedy = 'Send {"task": "…"}, {"resubmit": true} or {"abandon": true}';
  if (more.length === 0 && name === 'task') return { field: name, message: `must be text of 1 to ${LONGEST_TASK_ID} characters, not ${quoted(value)}`, remedy };
  if (more.length === 0 && (name === 'resubmit' || name === 'abandon')) return { field: name, message: `must be true, not ${quoted(value)}`, remedy };
  const unknown = [name, ...more.map(([other]) => other)].find((other) => other !== undefined && !['task', 'resubmit', 'abandon'].includes(other));
  if (unknown !== undefined) return { field: unknown, message: 'is unknown', remedy };
  return { field: null, message: 'is not exactly one of task, resubmit and abandon', remedy };
}

function resolutionOf(word: z.output<typeof wordSchema>): Resolution {
  if ('task' in word) return { what: 'task', task: word.task };
  return 'resubmit' in word ? { what: 'resubmit' } : { what: 'abandon' };
}
