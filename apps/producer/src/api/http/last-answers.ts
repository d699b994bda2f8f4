/**
 * What is answered after a stop has begun is the last answer of its connection, and says so. Else its client keeps the connection, and sends
 * its next request into the end of it.
 */
import type { RequestHandler } from 'express';

export function lastAnswers(stopping: AbortSignal): RequestHandler {
  return (_request, response, next) => {
    const sayLast = (): void => {
      if (!response.headersSent) response.set('Connection', 'close');
    };
    if (stopping.aborted) sayLast();
    else {
      stopping.addEventListener('abort', sayLast, { once: true });
      response.once('close', () => stopping.removeEventListener('abort', sayLast));
    }
    next();
  };
}
