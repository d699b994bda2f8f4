/** The problem document (RFC 9457) as the OpenAPI document shows it, and the answers that many operations have in common. */
import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { answerHeaders } from '../openapi/answer-headers.ts';

const problemSchema = z
  .object({
    type: z.string().describe('Where the kind of problem is described.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().describe('For programs: what kind of problem it is.'),
    detail: z.string().describe('For people: what is wrong and what to do.'),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().describe('JSON pointer into the body.'),
          item: z.int().min(0).optional().describe('Which of a batch, from 0.'),
          field: z.string().nullable(),
          detail: z.string(),
          remedy: z.string(),
        }),
      )
      .optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'What is wrong, by RFC 9457: with the field, and what to do.' });

const TEXT = {
  400: 'Malformed: the request is not HTTP that can be read, the body is not JSON in UTF-8, or the query or a header is not right.',
  401: 'No API key, or a wrong one.',
  403: 'The key does not have the scope that this needs.',
  404: 'What the address names does not exist.',
  405: 'Not with this method; `Allow` says which.',
  408: 'The request did not come in time.',
  409: 'It contradicts what exists already; `code` and `detail` say how.',
  412: 'The file is not the one that `If-Match` or `If-Unmodified-Since` names.',
  413: 'The body is too large.',
  415: 'The body is of a type, or has an encoding, that is not read.',
  416: 'The file does not have this range of bytes; `Content-Range` says how long it is.',
  417: 'The header Expect asks for something other than 100-continue.',
  422: 'The content is not right: each fault with its field and remedy. Nothing was done.',
  429: 'Too many requests; `Retry-After` says when to come again.',
  431: 'The address and the headers together are too large.',
  500: 'A fault of ours; the log says what, under the request id.',
  503: 'Redis is away, or too few replicas acknowledge. Nothing was accepted; ask again with the same Idempotency-Key or id. A cancel may be done; `detail` says so.',
} as const;

type ProblemStatus = keyof typeof TEXT;

const HEADERS: Partial<Record<ProblemStatus, Parameters<typeof answerHeaders>>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  415: ['Accept'],
  416: ['Content-Range'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** The problem answers of an operation. With a scope, the answers for keys, limits and an absent Redis are added. */
export function problems(...statuses: ProblemStatus[]): Record<string, ZodOpenApiResponseObject> {
  return answersOf([400, 401, 403, 429, 500, 503, ...statuses]);
}

/** The answers to requests that cannot be read, and so belong to no operation. */
export function unreadableProblems(): Record<string, ZodOpenApiResponseObject> {
  return answersOf([400, 408, 413, 417, 431]);
}

function answersOf(statuses: readonly ProblemStatus[]): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    [...new Set(statuses)]
      .toSorted((a, b) => a - b)
      .map((status) => [
        String(status),
        {
          description: TEXT[status],
          headers: answerHeaders('Cache-Control', ...(HEADERS[status] ?? [])),
          content: { 'application/problem+json': { schema: problemSchema } },
        },
      ]),
  );
}
