/** The header `Idempotency-Key` as the document shows it. */
import { z } from 'zod';

export const IDEMPOTENCY_HEADER = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .describe(
      'Kept 24 hours: the same key with the same request gives the same answer, with another one 422. ' +
        'An answer of more than 4 MB is made anew: what was created by the first is then `known`.',
    ),
});
