/**
 * A JSON body, within its limit. Anything else is refused before a byte of it is read; and so is one with a key twice, of which the last value
 * would be paid for, whichever was meant.
 */
import express, { type Request, type RequestHandler, type Response } from 'express';
import { repeatedFaults } from '../../input/repeated-key.ts';
import { Problem, tooLarge } from './problem.ts';

export type ReadJson = (request: Request, response: Response) => Promise<unknown>;

const MEGABYTE = 1024 * 1024;

/** Bytes of a single request's body. The largest image fits as a `data:` URI. */
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
  const readBytes: RequestHandler = express.raw({ limit, type: () => true });
  return async (request, response) => {
    const type = request.headers['content-type'];
    if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
      throw new Problem(415, 'unsupported-type', 'Send the body as JSON, with Content-Type: application/json.', { headers: { Accept: 'application/json' } });
    }
    if (/;\s*charset="?(?!utf-?8\b)[^\s";]/i.test(type)) {
      throw new Problem(415, 'unsupported-type', 'The body has a character set that is not read. Send UTF-8.');
    }
    if (isEmpty(request)) throw new Problem(400, 'malformed', 'The body is empty. Send a JSON object.');
    if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit / MEGABYTE);
    await new Promise<void>((resolve, reject) => {
      const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error instanceof Error ? error : new Error('the body cannot be read')));
      // Express would read a body that is too large to its end before it says so.
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limit) reject(tooLarge(limit / MEGABYTE));
      });
      void readBytes(request, response, done);
    });
    // Where the body is in chunks, of which there are none, nothing is read.
    return parsed(Buffer.isBuffer(request.body) ? decoded(request.body) : '');
  };
}

/** Bytes that are not UTF-8 would become question marks, in a prompt that is paid for. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(400, 'malformed', 'The body is not UTF-8. Encode its text as UTF-8.');
  }
}

function parsed(text: string): unknown {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, 'malformed', `The body cannot be read: ${error instanceof Error ? error.message : 'it is not JSON'}.`);
  }
  for (const { message, remedy } of repeatedFaults(text)) throw new Problem(400, 'malformed', `The body ${message}. ${remedy}.`);
  return value;
}
