/**
 * `POST /v1/batches`: up to 10,000 requests, all of them or none. With `?partial=true` valid items are accepted, with a report of each item. A known
 * name takes the same items again (nothing is paid twice), and other items only with `?append=true`.
 */
import { acceptItems, publicBatch, readBatch, type NewGeneration, type PreparedRequest } from '@dailies/queue';
import { z } from 'zod';
import { type Answer, answerOnce } from '../http/idempotent.ts';
import { Problem, type ProblemError } from '../http/problem.ts';
import { readQuery } from '../http/read-query.ts';
import { underTrace } from '../http/trace-requests.ts';
import type { ApiContext } from '../api-context.ts';
import { callerOf } from '../keys/caller.ts';
import { IDEMPOTENCY_HEADER } from '../openapi/idempotency-header.ts';
import { BATCH_EXAMPLE, NDJSON_EXAMPLE } from '../openapi/request-examples.ts';
import type { Operation } from '../operation.ts';
import { accepted } from '../schemas/accepted.ts';
import { batchAnswerSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { batchSchema } from '../schemas/request.ts';
import { invalid, type ReadBatch, type ReadItem, readItems } from './read-items.ts';

const query = z.strictObject({
  partial: z.enum(['true', 'false']).optional().describe('true or false. true: accept the items that are right, and report on every item.'),
  append: z.enum(['true', 'false']).optional().describe('true or false. true: add to a batch that exists already.'),
  batch: z.string().max(64).optional().describe('With NDJSON: the name of the batch.').meta({ example: 'monday' }),
  webhook: z.string().max(2048).optional().describe('With NDJSON: an https URL, told when the batch is finished, and of its generations that name none.'),
});

const reportSchema = z.object({
  item: z.int().min(0),
  id: z.string().optional(),
  status: z.enum(['created', 'known', 'refused']),
  errors: z.array(z.object({ pointer: z.string().optional(), field: z.string().nullable(), detail: z.string(), remedy: z.string() })).optional(),
});
const answerSchema = batchAnswerSchema
  .extend({ items: z.array(reportSchema).optional().describe('With ?partial=true: what became of each.') })
  .meta({ id: 'BatchAccepted' });

type Report = z.output<typeof reportSchema>;
/** No viewer draws a larger trace. In a larger batch each generation has a trace of its own, which follows from its id. */
const MOST_IN_ONE_TRACE = 100;
const TAKEN: ProblemError = {
  field: 'id',
  message: 'stands for another request, or is in another batch',
  remedy: 'Give another id, or ask for the same as before',
};

export function createBatch(api: ApiContext): Operation {
  return {
    method: 'post',
    path: '/v1/batches',
    scope: 'write',
    document: {
      operationId: 'createBatch',
      summary: 'Enqueue a batch',
      description:
        'As JSON, or as NDJSON with one request on each line and the name in the query. At most 10,000 items and 64 MB. ' +
        'The same items have the same ids: sent again, they are known, and nothing is paid twice.',
      tags: ['Batches'],
      requestParams: { query, header: IDEMPOTENCY_HEADER },
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: batchSchema, examples: { batch: { value: BATCH_EXAMPLE } } },
          'application/x-ndjson': { schema: z.string().describe('One request on each line.'), examples: { lines: { value: NDJSON_EXAMPLE } } },
        },
      },
      responses: {
        202: accepted(answerSchema),
        ...problems(409, 413, 415, 422),
      },
    },
    async handle(request, response) {
      const { partial, append, ...named } = readQuery(request, query);
      const untraced = await readItems(api, request, response, named, partial === 'true');
      const read =
        untraced.items.length > MOST_IN_ONE_TRACE
          ? untraced
          : { ...untraced, items: untraced.items.map((item) => ('faults' in item ? item : underTrace(item, response))) };
      const check = (): void => {
        const wrong = read.items.flatMap((item) => ('faults' in item ? item.faults : []));
        if (wrong.length > 0 && partial !== 'true') throw invalid(wrong);
      };
      const { name } = callerOf(response);
      await answerOnce(api, request, response, {
        content: read.content,
        check,
        act: () => accept(api, read, { closed: append !== 'true', partial: partial === 'true', createdBy: name ?? undefined }),
      });
    },
  };
}

interface How {
  closed: boolean;
  partial: boolean;
  createdBy: string | undefined;
}

async function accept(api: ApiContext, { batch, webhook, items, base }: ReadBatch, { closed, partial, createdBy }: How): Promise<Answer> {
  const taken = new Set<string>();
  for (;;) {
    const good = items.filter((item): item is PreparedRequest => !('faults' in item) && !taken.has(item.generation.id));
    if (good.length === 0) throw invalid(items.flatMap((item, at) => errorsOf(item, at, base, taken)));
    const { result, handedOver } = await acceptItems(
      api.desk,
      { batch, lane: batch, attended: false, closed, createdBy, webhook, items: good },
      api.accepting,
    );
    api.afterwards(handedOver);
    switch (result.outcome) {
      case 'busy':
        throw new Problem(503, 'batch-busy', `The batch ${batch} is being written at this moment. Nothing was enqueued; try again.`, {
          headers: { 'Retry-After': '2' },
        });
      case 'other':
        throw new Problem(
          409,
          'batch-known',
          `There is a batch ${batch} already, and it lacks some of these items. Nothing was enqueued. Add them with ?append=true, or choose another name.`,
        );
      case 'conflict':
        for (const id of result.ids) taken.add(id);
        if (partial) continue;
        throw new Problem(409, 'id-taken', 'Some ids stand for other requests already, or are in another batch. Nothing was enqueued.', {
          errors: items.flatMap((item, at) => errorsOf(item, at, base, taken)),
        });
      case 'accepted': {
        const made = await readBatch(api.desk.store, batch);
        if (made === null) throw new Error(`the batch ${batch} was accepted and is not there`);
        const fresh = new Set(result.fresh.map((created) => created.item));
        const reports = partial ? { items: items.map((item, at) => report(item, at, base, taken, fresh)) } : {};
        return { status: 202, body: { ...publicBatch(made), ...reports }, headers: { Location: `/v1/batches/${batch}` } };
      }
    }
  }
}

function errorsOf(item: ReadItem, at: number, base: string, taken: ReadonlySet<string>): ProblemError[] {
  if ('faults' in item) return item.faults;
  return taken.has(item.generation.id) ? [{ ...TAKEN, pointer: `${base}/${at}/id`, item: at }] : [];
}

function report(item: ReadItem, at: number, base: string, taken: ReadonlySet<string>, fresh: ReadonlySet<NewGeneration>): Report {
  const errors = errorsOf(item, at, base, taken).map(({ pointer, field, message, remedy }) => ({
    ...(pointer === undefined ? {} : { pointer }),
    field,
    detail: message,
    remedy,
  }));
  const id = 'faults' in item ? {} : { id: item.generation.id };
  if (errors.length > 0) return { item: at, ...id, status: 'refused', errors };
  return { item: at, ...id, status: !('faults' in item) && fresh.has(item.generation) ? 'created' : 'known' };
}
