/**
 * `POST /v1/generations/:id/retry`: retries by the rules of the ledger. The state decides what is done. Only a generation that failed, or was
 * canceled without a task, is submitted again and so may be paid again.
 */
import { type Generation, planRetry, readGeneration, retryGeneration } from '@dailies/queue';
import { filesAreWhole, StoreError } from '@dailies/results';
import { canonicalText } from '../http/canonical-text.ts';
import { type Answer, answerOnce } from '../http/idempotent.ts';
import { notFound, pointed, Problem } from '../http/problem.ts';
import { readOptionalJson } from '../http/read-json.ts';
import { NO_QUERY, readQuery } from '../http/read-query.ts';
import type { ApiContext } from '../api-context.ts';
import { answerHeaders } from '../openapi/answer-headers.ts';
import { IDEMPOTENCY_HEADER } from '../openapi/idempotency-header.ts';
import type { Operation } from '../operation.ts';
import { outcomeSchema } from '../schemas/generation.ts';
import { problems } from '../schemas/problem.ts';
import { shownGeneration } from '../schemas/shown.ts';
import { existingGeneration, idParameter } from './existing.ts';

const OUTCOMES = ['submit', 'poll', 'fetch', 'verify', 'nothing'] as const;

export function retryOne(api: ApiContext): Operation {
  const { desk, results } = api;

  /** `seq`: as it was when the key was first used. If it has moved since, that was this very request, and it is not done again. */
  async function retry(found: Generation, seq: string | null): Promise<{ outcome: string; message: string }> {
    if (seq !== null && seq !== String(found.seq)) {
      return { outcome: 'nothing', message: 'an earlier request with this Idempotency-Key did it, or it moved on meanwhile' };
    }
    const plan = planRetry(found);
    if (plan.what === 'person') {
      throw new Problem(
        409,
        'unresolved',
        'Nobody knows whether it was accepted. Say what is so: POST …/resolve with {"task": "…"}, {"resubmit": true} or {"abandon": true}.',
      );
    }
    const whole = plan.what === 'verify' ? await filesAreWhole(results, found) : false;
    if (whole instanceof StoreError) return { outcome: 'nothing', message: 'its files cannot be looked at from here just now' };
    const { done, message } = await retryGeneration(desk, found.id, { mayPay: true, byId: true, seq: found.seq, verify: async () => whole });
    return { outcome: done ? plan.what : 'nothing', message };
  }

  return {
    method: 'post',
    path: '/v1/generations/{id}/retry',
    scope: 'write',
    document: {
      operationId: 'retryGeneration',
      summary: 'Try again',
      description:
        '`submit`: a new round, may be paid again. `poll`: its task is looked at again. ' +
        '`fetch`, `verify`: its file is fetched again (after `verify` because it was gone or damaged). ' +
        '`nothing`: it is on its way, or whole. An unresolved one is refused (409): see resolve.',
      tags: ['Generations'],
      requestParams: { path: idParameter, header: IDEMPOTENCY_HEADER },
      responses: {
        200: {
          description: 'What is done.',
          headers: answerHeaders('Idempotent-Replayed'),
          content: { 'application/json': { schema: outcomeSchema(OUTCOMES).meta({ id: 'RetryOutcome' }) } },
        },
        ...problems(404, 409, 413, 415, 422),
      },
    },
    async handle(request, response) {
      const body = await readOptionalJson(request, response);
      if (body !== undefined && canonicalText(body) !== '{}') {
        throw new Problem(422, 'invalid', 'A retry takes no body.', {
          errors: pointed([{ field: null, message: 'is not empty', remedy: 'Leave the body out' }]),
        });
      }
      const found = await existingGeneration(desk.store, request);
      await answerOnce(api, request, response, {
        content: '',
        nonce: String(found.seq),
        check: () => readQuery(request, NO_QUERY),
        async act(seq): Promise<Answer> {
          const { outcome, message } = await retry(found, seq);
          const after = await readGeneration(desk.store, found.id);
          if (after === null) throw notFound(`generation ${found.id}`);
          return { status: 200, body: { id: found.id, outcome, message, generation: shownGeneration(after, request) } };
        },
      });
    },
  };
}
