/** The one place that turns an error into an answer. An unexpected error goes to the log and not to the caller. */
import { isRedisAway, MayBeForgotten, TooFewReplicas, type Log, type ShardWait } from '@dailies/queue';
import type { ErrorRequestHandler } from 'express';
import { Problem, redisAway, sendProblem, tooLarge } from './problem.ts';

export function answerErrors(log: Log, waits: () => Promise<ShardWait[]>): ErrorRequestHandler {
  // Express recognises an error handler by its four parameters.
  return async (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const problem = isRedisAway(error) ? redisAway(await waits()) : problemOf(error);
    // Only the stack is logged: an error of Redis also holds the whole command, prompts included.
    if (problem === null) {
      log.error(
        {
          fault: error instanceof Error ? error.stack : String(error),
          requestId: response.getHeader('X-Request-Id'),
          method: request.method,
          path: request.path,
        },
        'fault in the API',
      );
    }
    await sendProblem(response, problem ?? new Problem(500, 'fault', 'Something went wrong here. The log says what, under this request id.'));
  };
}

/** Null: the error is a fault of ours. */
function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (error instanceof TooFewReplicas) {
    return new Problem(503, 'too-few-replicas', 'Too few replicas of Redis acknowledge. Nothing was accepted.', { headers: { 'Retry-After': '5' } });
  }
  if (error instanceof MayBeForgotten) return new Problem(503, 'too-few-replicas', `Too few replicas: ${error.message}.`, { headers: { 'Retry-After': '5' } });
  if (error instanceof URIError) return new Problem(400, 'malformed', 'The address is not percent-encoded UTF-8.');
  return bodyProblem(error);
}

/** `limit`: bytes, as Express' body parsers tell them with a body that is too large. */
function megabytesOf(error: Error): number {
  return 'limit' in error ? Number(error.limit) / (1024 * 1024) : 0;
}

/** The errors that Express' body parsers throw. */
function bodyProblem(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number' || error.status < 400 || error.status >= 500) return null;
  switch (error.status) {
    case 413:
      return tooLarge(megabytesOf(error));
    case 415:
      return new Problem(415, 'unsupported-type', 'The body has a Content-Encoding that is not read. Send it as it is, or as gzip.');
    default:
      return new Problem(400, 'malformed', 'The body cannot be read: it broke off, or is not what its headers say.');
  }
}
