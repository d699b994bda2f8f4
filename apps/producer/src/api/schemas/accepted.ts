/** The 202 of what takes work in, as the OpenAPI document shows it. It is answered only after the ledger has everything. */
import type { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { answerHeaders } from '../openapi/answer-headers.ts';

export function accepted(schema: z.ZodType): ZodOpenApiResponseObject {
  return { description: 'Accepted, or known already.', headers: answerHeaders('Location', 'Idempotent-Replayed'), content: { 'application/json': { schema } } };
}
