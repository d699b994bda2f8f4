/**
 * After a stop has begun, each answer is the last one on its connection and says so (`Connection: close`). Otherwise the client would keep the
 * connection and send its next request just as it ends.
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
