/**
 * Reads the items of a batch from a body and prepares each as it comes. The body is JSON, or NDJSON, which is streamed and has the batch's other
 * fields in the query. Nothing is enqueued here.
 */
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import {
  accountsOf, checkBatchName, countRepetitions, isObject, openImages, ownIds, prepareRequest, quoted, webhookFault, webhookRules,
  type FieldFault, type PreparedRequest,
} from '@dailies/queue';
import type { Request, Response } from 'express';
import { canonicalText } from '../http/canonical-text.ts';
import { pointed, Problem, type ProblemError } from '../http/problem.ts';
import { readBatchJson } from '../http/read-json.ts';
import { wrongJson } from '../../input/read-jsonl.ts';
import { repeatedFaults } from '../../input/repeated-key.ts';
import { isNdjson, readNdjson } from '../http/read-ndjson.ts';
import type { ApiContext } from '../api-context.ts';

export interface ReadBatch {
  batch: string;
  webhook: string | undefined;
  /** JSON pointer to the list of items in the body. */
  base: string;
  /** One for each item of the body, in its order. */
  items: ReadItem[];
  /** A digest of what was sent. Two bodies with the same meaning have the same digest. */
  content: string;
}

export type ReadItem = PreparedRequest | { faults: ProblemError[] };

const MOST_ITEMS = 10_000;
/** After so many items other requests get their turn. */
const BREATHE_EVERY = 200;

export async function readItems(
  api: ApiContext,
  request: Request,
  response: Response,
  query: { batch?: string | undefined; webhook?: string | undefined },
  partial: boolean,
): Promise<ReadBatch> {
  if (isNdjson(request)) return readLines(api, request, query, partial);
  const body = await readBatchJson(request, response);
  if (!isObject(body)) {
    throw invalid([{ field: null, pointer: '', message: `must be an object, not ${quoted(body)}`, remedy: 'Send {"batch": "…", "items": [ … ]}' }]);
  }
  const { batch, items, webhook, ...unknown } = body;
  const errors: ProblemError[] = pointed(
    Object.keys(unknown).map((field) => ({ field, message: `unknown field ${quoted(field)}`, remedy: 'Known: batch, items, webhook' })),
  );
  errors.push(...pointed([...nameFaults(batch), ...webhookFaults(api, webhook)]));
  for (const name of ['batch', 'webhook'] as const) {
    if (query[name] !== undefined) errors.push({ field: name, message: 'is given in the query', remedy: 'With a JSON body, put it into the body' });
  }
  if (!Array.isArray(items)) {
    const message = items === undefined ? 'is missing' : `must be a list, not ${quoted(items)}`;
    errors.push(...pointed([{ field: 'items', message, remedy: 'Send a list of requests' }]));
  }
  if (!Array.isArray(items) || errors.length > 0 || typeof batch !== 'string') throw invalid(errors);
  if (items.length > MOST_ITEMS) throw tooMany();
  const reader = itemReader(api, batch, '/items');
  for (const item of items as unknown[]) await reader.add(item);
  return { batch, webhook: typeof webhook === 'string' ? webhook : undefined, base: '/items', items: reader.finish(), content: canonicalText(body) };
}

async function readLines(
  api: ApiContext,
  request: Request,
  { batch, webhook }: { batch?: string | undefined; webhook?: string | undefined },
  partial: boolean,
): Promise<ReadBatch> {
  const faults = [...nameFaults(batch), ...webhookFaults(api, webhook)];
  if (faults.length > 0 || batch === undefined) {
    const inQuery = { batch: '?batch=NAME', webhook: '?webhook=URL' };
    throw invalid(faults.map((fault) => ({ ...fault, remedy: `${fault.remedy}. With NDJSON it is in the query: ${inQuery[fault.field]}` })));
  }
  const reader = itemReader(api, batch, '');
  const content = createHash('sha256');
  for await (const { line, text } of readNdjson(request)) {
    content.update(text).update('\n');
    let item: unknown;
    try {
      item = JSON.parse(text);
    } catch (error) {
      if (!partial) throw new Problem(400, 'malformed', `Line ${line} is not JSON. Write one object on each line.`);
      reader.refuse([wrongJson(text, error)]);
      continue;
    }
    const repeated = repeatedFaults(text);
    if (repeated.length > 0) reader.refuse(repeated);
    else await reader.add(item);
  }
  return { batch, webhook, base: '', items: reader.finish(), content: content.digest('hex') };
}

function itemReader({ config, parameters }: ApiContext, batch: string, base: string) {
  const ids = ownIds('item');
  const items: ReadItem[] = [];
  const context = {
    batch,
    single: false,
    webhooks: webhookRules(config),
    images: openImages(null),
    configured: accountsOf(config),
    parameters,
    repetition: countRepetitions(),
  };
  const next = (): number => {
    if (items.length < MOST_ITEMS) return items.length;
    throw tooMany();
  };
  return {
    /** What cannot be prepared. */
    refuse(faults: readonly FieldFault[]): void {
      const at = next();
      items.push({ faults: pointed(faults, `${base}/${at}`, at) });
    },
    async add(item: unknown): Promise<void> {
      const at = next();
      if (at % BREATHE_EVERY === BREATHE_EVERY - 1) await breathe();
      const prepared = prepareRequest(item, context);
      const faults = 'faults' in prepared ? prepared.faults : ids.check(prepared.generation, at);
      items.push(faults.length > 0 || 'faults' in prepared ? { faults: pointed(faults, `${base}/${at}`, at) } : prepared);
    },
    finish(): ReadItem[] {
      if (items.length === 0) throw invalid([{ field: 'items', pointer: base, message: 'there are none', remedy: 'Send at least one request' }]);
      return items;
    },
  };
}

function nameFaults(batch: unknown): (FieldFault & { field: 'batch' })[] {
  const wrong = typeof batch === 'string' ? checkBatchName(batch) : batch === undefined ? 'is missing' : `must be text, not ${quoted(batch)}`;
  return wrong === null ? [] : [{ field: 'batch', message: wrong, remedy: 'Name the batch, like "monday"' }];
}

function webhookFaults({ config }: ApiContext, webhook: unknown): (FieldFault & { field: 'webhook' })[] {
  const wrong = webhook === undefined ? null : webhookFault(webhook, webhookRules(config));
  return wrong === null ? [] : [{ field: 'webhook', ...wrong }];
}

function tooMany(): Problem {
  return new Problem(413, 'too-many-items', `A batch takes at most ${MOST_ITEMS} items at once. Send the rest with ?append=true.`);
}

export function invalid(errors: readonly ProblemError[]): Problem {
  return new Problem(422, 'invalid', 'The batch is not right. Nothing was enqueued.', { errors });
}
