/** A JSON body, within its limit. Anything else is refused before a byte of it is read. */
import express, { type Request, type RequestHandler, type Response } from 'express';
import { Problem } from './problem.ts';

export type ReadJson = (request: Request, response: Response) => Promise<unknown>;

const MEGABYTE = 1024 * 1024;

/** The body of one request; the largest image as a `data:` URI fits. */
export const readRequestJson = reader(16 * MEGABYTE);
export const readBatchJson = reader(64 * MEGABYTE);

/** Undefined: there is no body. */
export async function readOptionalJson(request: Request, response: Response): Promise<unknown> {
  return isEmpty(request) ? undefined : await readRequestJson(request, response);
}

function isEmpty({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}

function reader(limit: number): ReadJson {
  const parse: RequestHandler = express.json({ limit, strict: false, type: () => true });
  return async (request, response) => {
    const type = request.headers['content-type'];
    if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
      throw new Problem(415, 'unsupported-type', 'Send the body as JSON, with Content-Type: application/json.', { headers: { Accept: 'application/json' } });
    }
    if (isEmpty(request)) throw new Problem(400, 'malformed', 'The body is empty. Send a JSON object.');
    await new Promise<void>((resolve, reject) => {
      const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error instanceof Error ? error : new Error('the body cannot be read')));
      void parse(request, response, done);
    });
    return request.body as unknown;
  };
}
