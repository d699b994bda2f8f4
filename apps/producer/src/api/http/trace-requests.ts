/**
 * Opens a span for each request that changes something, below the caller's own (`traceparent`) or as the root of a trace. The generations that it
 * creates carry the trace on, to the file and the webhook. Requests that only read have no span: clients that poll would fill every collector.
 */
import type { PreparedRequest } from '@dailies/queue';
import type { Tracing } from '@dailies/telemetry';
import type { Response } from 'express';
import type { Operation } from '../operation.ts';
import { Problem } from './problem.ts';

export function tracedHandle(tracing: Tracing, { method, path, handle }: Operation): Operation['handle'] {
  if (!tracing.on || method === 'get') return handle;
  const verb = method.toUpperCase();
  return async (request, response) => {
    const attributes = { 'http.request.method': verb, 'http.route': path, 'dailies.request': String(response.getHeader('X-Request-Id')) };
    let refused: Problem | null = null;
    await tracing.span(`${verb} ${path}`, { kind: 'server', parent: request.get('traceparent'), attributes }, async (span) => {
      response.locals['trace'] = span.traceparent;
      try {
        await handle(request, response);
        span.set({ 'http.response.status_code': response.statusCode });
      } catch (error) {
        // A refusal is the caller's fault, so the span does not end as an error.
        if (!(error instanceof Problem) || error.status >= 500) throw error;
        span.set({ 'http.response.status_code': error.status });
        refused = error;
      }
    });
    if (refused !== null) throw refused;
  };
}

/** The item with the trace of the request that brought it. */
export function underTrace<Item extends PreparedRequest>(item: Item, response: Response): Item {
  const trace: unknown = response.locals['trace'];
  return typeof trace === 'string' ? { ...item, generation: { ...item.generation, trace } } : item;
}
