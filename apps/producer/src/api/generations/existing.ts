/** The generation that the path names. Throws 404 when there is none. */
import { type Generation, GENERATION_ID, readGeneration, type Store } from '@dailies/queue';
import type { Request } from 'express';
import { z } from 'zod';
import { notFound } from '../http/problem.ts';
import { pathParameter } from '../operation.ts';

export const idParameter = z.object({ id: z.string().min(1).describe('Id of a generation.').meta({ example: 'gq2m5hd4u3xk7ayv5bwnc' }) });

export async function existingGeneration(store: Store, request: Request): Promise<Generation> {
  const id = pathParameter(request, 'id');
  const found = GENERATION_ID.test(id) ? await readGeneration(store, id) : null;
  if (found === null) throw notFound(`generation ${JSON.stringify(id.slice(0, 80))}`);
  return found;
}
