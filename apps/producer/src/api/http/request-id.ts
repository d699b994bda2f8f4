/** Gives every request an id: the caller's if it is a harmless word, otherwise ours. It stands in the answer, in problems and in the log. */
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

export function requestId(): RequestHandler {
  return (request, response, next) => {
    const given = request.get('X-Request-Id');
    response.set('X-Request-Id', given !== undefined && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID());
    next();
  };
}
