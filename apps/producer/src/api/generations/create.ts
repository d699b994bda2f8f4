/** `POST /v1/generations`: one request. 202 only after the ledger has it. */
import { randomUUID } from 'node:crypto';
import { accountsOf, openImages, prepareRequest, readGeneration, webhookRules, type Created, type Generation, type PreparedRequest } from '@dailies/queue';
import type { Request } from 'express';
import { canonicalText } from '../http/canonical-text.ts';
import { type Answer, answerOnce } from '../http/idempotent.ts';
import { pointed, Problem } from '../http/problem.ts';
import { readRequestJson } from '../http/read-json.ts';
import { NO_QUERY, readQuery } from '../http/read-query.ts';
import { underTrace } from '../http/trace-requests.ts';
import type { ApiContext } from '../api-context.ts';
import { callerOf } from '../keys/caller.ts';
import { IDEMPOTENCY_HEADER } from '../openapi/idempotency-header.ts';
import { REQUEST_EXAMPLES } from '../openapi/request-examples.ts';
import type { Operation } from '../operation.ts';
import { accepted } from '../schemas/accepted.ts';
import { generationSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { requestSchema } from '../schemas/request.ts';
import { shownGeneration } from '../schemas/shown.ts';

export function createGeneration(api: ApiContext): Operation {
  const { config, desk, singles, parameters } = api;
  const configured = accountsOf(config);

  function prepare(body: unknown, repetition: string): PreparedRequest {
    const context = {
      batch: null,
      single: true,
      webhooks: webhookRules(config),
      images: openImages(null),
      configured,
      parameters,
      repetition: () => repetition,
    };
    const prepared = prepareRequest(body, context);
    if (!('faults' in prepared)) return prepared;
    throw new Problem(422, 'invalid', 'The request is not right. Nothing was enqueued.', { errors: pointed(prepared.faults) });
  }

  async function accept(request: Request, item: PreparedRequest, name: string | null): Promise<Answer> {
    const { id } = item.generation;
    const result = await singles.accept(item, { lane: `key:${name ?? ''}`, ...(name === null ? {} : { createdBy: name }) });
    if (result.outcome === 'created') {
      return { status: 202, body: shownGeneration(asCreated(result.created, item, name), request), headers: { Location: `/v1/generations/${id}` } };
    }
    if (result.outcome === 'busy') {
      const what = item.batch === null ? `generation ${id}` : `batch ${item.batch}`;
      throw new Problem(503, 'batch-busy', `The ${what} is being written at this moment. Try again.`, { headers: { 'Retry-After': '1' } });
    }
    const found = result.outcome === 'known' ? await readGeneration(desk.store, id) : null;
    if (found !== null) return { status: 202, body: shownGeneration(found, request), headers: { Location: `/v1/generations/${id}` } };
    throw new Problem(409, 'id-taken', `The id ${id} stands for another request, or is in another batch. Nothing was enqueued.`, {
      errors: pointed([
        { field: 'id', message: 'stands for another request, or is in another batch', remedy: 'Give another id, or ask for the same as before' },
      ]),
    });
  }

  return {
    method: 'post',
    path: '/v1/generations',
    scope: 'write',
    document: {
      operationId: 'createGeneration',
      summary: 'Enqueue one request',
      description:
        'Answered only after the ledger has it. The same `id`, or the same `Idempotency-Key`, ' +
        'with the same request is the same generation: sent twice, paid once.',
      tags: ['Generations'],
      requestParams: { header: IDEMPOTENCY_HEADER },
      requestBody: { required: true, content: { 'application/json': { schema: requestSchema, examples: REQUEST_EXAMPLES } } },
      responses: {
        202: accepted(generationSchema),
        ...problems(409, 413, 415, 422),
      },
    },
    async handle(request, response) {
      const body = await readRequestJson(request, response);
      const { name } = callerOf(response);
      const content = request.get('Idempotency-Key') === undefined ? '' : canonicalText(body);
      const check = (): PreparedRequest => {
        readQuery(request, NO_QUERY);
        // With a placeholder id, where a key gives it another.
        return prepare(body, randomUUID());
      };
      await answerOnce(api, request, response, {
        content,
        check,
        act: (nonce, first) => accept(request, underTrace(nonce === null ? first : prepare(body, nonce), response), name),
      });
    },
  };
}

/** The generation as the ledger has it just after it was created, without reading it back. */
function asCreated({ item, turn, createdAt }: Created, { batch }: PreparedRequest, name: string | null): Generation {
  const { id, provider, account, ask, request, priority, metadata, fingerprint, webhook } = item;
  const history: Generation['history'] = [{ at: createdAt, state: 'queued' }];
  const record: Generation = {
    id, state: 'queued', seq: 1, round: 1, attempts: 0, provider, account, batch, lane: '', priority, turn, ask, request, metadata, createdAt,
    pausedBase: 0, polls: 0, fingerprint, history,
  };
  return { ...record, ...(webhook === undefined ? {} : { webhook }), ...(name === null ? {} : { createdBy: name }) };
}
