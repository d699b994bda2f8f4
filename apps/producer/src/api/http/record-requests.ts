/**
 * Counts and logs every answer, with the route's pattern and never the query, which may hold prompts. Successes are logged at the level debug only: a
 * thousand requests a second must not become a thousand lines a second.
 */
import type { Log } from '@dailies/queue';
import type { Meter } from '@dailies/telemetry';
import type { RequestHandler } from 'express';
import { callerOf } from '../keys/caller.ts';

/** A caller may send any word as the method, but a label must take few values. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH']);

export function recordRequests(log: Log, meter: Meter): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1000;
      const route = routeOf(response.locals['route']);
      const method = METHODS.has(request.method) ? request.method : 'other';
      meter.count('dailies_api_requests_total', { method, route, status: String(response.statusCode) });
      meter.observe('dailies_api_request_seconds', { method, route }, seconds);
      const level = response.statusCode >= 500 ? 'warn' : response.statusCode >= 400 ? 'info' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      const fields = {
        requestId: response.getHeader('X-Request-Id'),
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(seconds * 1000),
        key: callerOf(response).name,
        from: request.ip,
      };
      log[level](fields, response.writableFinished ? 'answered' : 'the caller left before the answer');
    });
    next();
  };
}

function routeOf(route: unknown): string {
  return typeof route === 'string' ? route : 'none';
}
