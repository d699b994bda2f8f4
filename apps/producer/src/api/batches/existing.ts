/** The batch that the path names. Throws 404 when there is none. */
import { type Batch, checkBatchName, readBatch, type Store } from '@dailies/queue';
import type { Request } from 'express';
import { z } from 'zod';
import { notFound, type Problem } from '../http/problem.ts';
import { pathParameter } from '../operation.ts';

export const batchParameter = z.object({ id: z.string().min(1).describe('Name of a batch.').meta({ example: 'monday' }) });

export async function existingBatch(store: Store, request: Request): Promise<Batch> {
  const name = batchName(request);
  const found = await readBatch(store, name);
  if (found === null) throw noBatch(name);
  return found;
}

function batchName(request: Request): string {
  const name = pathParameter(request, 'id');
  if (checkBatchName(name) !== null) throw noBatch(name);
  return name;
}

function noBatch(name: string): Problem {
  return notFound(`batch ${JSON.stringify(name.slice(0, 80))}`);
}
