/**
 * Pages of generations: newest first, or those of a batch in their order. The cursor is the last id that was read, so generations that are added
 * meanwhile shift nothing. A request reads a bounded number of records, so a filter may leave few of them on a page, or none.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import { BATCH_NAME, batchIdsAfter, GENERATION_ID, newestIds, readGenerations, type Generation, STATES, type Store } from '@dailies/queue';
import type { Request } from 'express';
import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { readQuery } from '../http/read-query.ts';
import { shownGeneration } from '../schemas/shown.ts';

const filters = {
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(STATES)))
    .optional()
    .describe(`One or more of ${STATES.join(', ')}, separated by commas.`)
    .meta({ param: { schema: { type: 'string', pattern: `^(${STATES.join('|')})(,(${STATES.join('|')}))*$` } } }),
  provider: z.enum(PROVIDER_NAMES).optional().describe(`One of ${PROVIDER_NAMES.join(', ')}.`),
  q: z.string().min(1).max(200).optional().describe('Part of the prompt, of 1 to 200 characters, whatever its case.'),
  createdBy: z.string().min(1).max(64).optional().describe('Name of an API key.'),
  metadata: z
    .string()
    .regex(/^[^:]+:.*$/, 'must be NAME:VALUE')
    .max(300)
    .optional()
    .describe('NAME:VALUE, of the first level of the metadata.'),
};

const paging = {
  limit: z.coerce
    .number('must be a whole number from 1 to 200')
    .int()
    .min(1)
    .max(200)
    .default(50)
    .describe('The most generations of a page, 1 to 200. Default: 50.')
    .meta({ override: { type: 'integer', minimum: 1, maximum: 200, default: 50 } }),
  cursor: z.string().min(1).max(200).optional().describe('The `cursor` of the page before. Leave it out for the first page.'),
};

export const batchListQuery = z.strictObject({ ...filters, ...paging });
export const listQuery = batchListQuery.extend({
  batch: z.string().regex(BATCH_NAME, 'is no legal name of a batch').optional().describe('Name of a batch: only its generations, in its order.'),
});

type Query = z.output<typeof batchListQuery>;

const PAGE = 500;
const MOST_LOOKED_AT = 5_000;

/** `batch` null: the generations of all batches, and those of none. */
export async function listGenerations(store: Store, request: Request, batch: string | null) {
  const query = readQuery(request, batch === null ? listQuery : batchListQuery);
  const wanted = batch ?? ('batch' in query && typeof query.batch === 'string' ? query.batch : null);
  const found: Generation[] = [];
  let after = query.cursor === undefined ? null : readCursor(query.cursor);
  let lookedAt = 0;
  for (;;) {
    const size = isFiltered(query) ? PAGE : query.limit;
    const ids = await idsAfter(store, wanted, after, size);
    for (const [at, generation] of (await readGenerations(store, ids)).entries()) {
      lookedAt += 1;
      after = ids[at] ?? after;
      if (generation !== null && fits(generation, query)) found.push(generation);
      if (found.length >= query.limit) break;
    }
    const isEnd = ids.length < size && found.length < query.limit;
    if (isEnd || found.length >= query.limit || lookedAt >= MOST_LOOKED_AT) {
      return { items: found.map((one) => shownGeneration(one, request)), cursor: isEnd || after === null ? null : writeCursor(after) };
    }
  }
}

async function idsAfter(store: Store, batch: string | null, after: string | null, count: number): Promise<string[]> {
  const ids = await (batch === null ? newestIds(store, after, count) : batchIdsAfter(store, batch, after, count));
  if (ids === null) throw badCursor();
  return ids;
}

function isFiltered({ state, provider, q, createdBy, metadata }: Query): boolean {
  return [state, provider, q, createdBy, metadata].some((filter) => filter !== undefined);
}

function fits(generation: Generation, { state, provider, q, createdBy, metadata }: Query): boolean {
  if (state !== undefined && !state.includes(generation.state)) return false;
  if (provider !== undefined && generation.provider !== provider) return false;
  if (createdBy !== undefined && generation.createdBy !== createdBy) return false;
  if (q !== undefined && !(generation.ask.prompt ?? '').toLowerCase().includes(q.toLowerCase())) return false;
  if (metadata === undefined) return true;
  const colon = metadata.indexOf(':');
  const value = generation.metadata?.[metadata.slice(0, colon)];
  return value !== undefined && (typeof value === 'string' ? value : JSON.stringify(value)) === metadata.slice(colon + 1);
}

function writeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!GENERATION_ID.test(id)) throw badCursor();
  return id;
}

function badCursor(): Problem {
  return new Problem(400, 'bad-query', 'This cursor is not from a page of this list.', {
    errors: [{ field: 'cursor', message: 'is not known here', remedy: 'Begin without a cursor' }],
  });
}
