/** The one place that turns an error into an answer. A refusal is shown; anything unexpected goes to the log and not to the page. */
import { isRedisAway, type Log, MayBeForgotten, type ShardWait } from '@dailies/queue';
import type { ErrorRequestHandler } from 'express';
import { sayAction } from '../audit/record-actions.ts';
import { Refusal } from '../board/refusal.ts';
import { refuse } from './answer.ts';
import { answerRedisAway } from './redis-away.ts';

export function answerErrors(log: Log, waits: () => Promise<ShardWait[]>): ErrorRequestHandler {
  // Express recognises an error handler by its four parameters.
  return async (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
    } else if (error instanceof Refusal) {
      log.info({ action: `${request.method} ${request.path}`, reason: error.message }, 'refused in the dashboard');
      response.status(409).json({ error: error.title, message: error.message });
    } else if (error instanceof MayBeForgotten) {
      const message = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
      sayAction(response, { outcome: `done: ${message}` });
      refuse(request, response, { status: 503, title: 'Too few replicas of Redis', message });
    } else if (isRedisAway(error)) {
      answerRedisAway(request, response, await waits());
    } else if (error instanceof URIError || isBadRequest(error)) {
      const status = error instanceof URIError ? 400 : error.status;
      refuse(request, response, { status, title: 'The request cannot be read', message: 'Reload the page and try again.' });
    } else {
      log.error({ action: `${request.method} ${request.path}`, err: error }, 'fault in the dashboard');
      refuse(request, response, { status: 500, title: 'Something went wrong', message: 'The log of the dashboard says what.' });
    }
  };
}

function isBadRequest(error: unknown): error is { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}
