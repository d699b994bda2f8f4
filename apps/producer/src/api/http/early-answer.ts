/**
 * An answer that may be there before the body of its request. It goes out at once; where the connection ends with it, that end waits for the
 * rest of the body, which is thrown away: whoever sends all of a body before it looks for the answer would find a reset instead. A body that
 * does not come is ended by the server (LIMITS), as on a connection that goes on.
 */
import { once } from 'node:events';
import type { Request, Response } from 'express';

/** Its status and headers are set. */
export async function sendEarly(response: Response, text: string): Promise<void> {
  const request = response.req;
  if (!isLast(response) || request.complete || request.destroyed) {
    response.send(text);
    return;
  }
  response.set('Content-Length', String(Buffer.byteLength(text))).write(text);
  await restOf(request);
  response.end();
}

/** By the word of the caller, or by ours: a stop says it in the header alone. */
function isLast(response: Response): boolean {
  return !response.shouldKeepAlive || response.getHeader('Connection') === 'close';
}

async function restOf(request: Request): Promise<void> {
  request.resume();
  await Promise.race([once(request, 'end'), once(request, 'close')]).catch(() => undefined);
}
