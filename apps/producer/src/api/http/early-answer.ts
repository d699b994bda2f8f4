/**
 * An answer that may be ready before the request's body has arrived. It is sent at once. If the connection ends with it, the end waits until the rest
 * of the body has been read and thrown away: a client that sends its whole body before it reads the answer would find a reset otherwise. A body that
 * never arrives is ended by the server's limits (LIMITS), as on a connection that stays open.
 */
import { once } from 'node:events';
import type { Request, Response } from 'express';

/** Sends the body. Status and headers must be set before. */
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

/** Whether the connection ends with this answer: the client asked for that, or we did (a stop only sets the header). */
function isLast(response: Response): boolean {
  return !response.shouldKeepAlive || response.getHeader('Connection') === 'close';
}

async function restOf(request: Request): Promise<void> {
  request.resume();
  await Promise.race([once(request, 'end'), once(request, 'close')]).catch(() => undefined);
}
