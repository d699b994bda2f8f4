/** The way of a request: its id, headers, caller and limits, and then the operation. Unknown paths and methods are answered here too. */
import { isSimulated, shardWaits } from '@dailies/queue';
import type { Meter, Tracing } from '@dailies/telemetry';
import express, { type Express, type RequestHandler, type Router } from 'express';
import { withoutToken } from './callbacks/callbacks.ts';
import { answerErrors } from './http/answer-errors.ts';
import { lastAnswers } from './http/last-answers.ts';
import { localOnly } from './http/local-only.ts';
import { Problem } from './http/problem.ts';
import { recordRequests } from './http/record-requests.ts';
import { requestId } from './http/request-id.ts';
import { securityHeaders } from './http/security-headers.ts';
import { tracedHandle } from './http/trace-requests.ts';
import { refuseUnreadable } from './http/unreadable.ts';
import type { ApiContext } from './api-context.ts';
import { authenticate, requireScope } from './keys/authenticate.ts';
import { LOCAL, setCaller } from './keys/caller.ts';
import { limitRequests, limitWrongKeys } from './keys/limits.ts';
import { expressPath, type Operation } from './operation.ts';

export interface ApplicationParts {
  operations: readonly Operation[];
  meter: Meter;
  tracing: Tracing;
  /** `/metrics` for scrapers that send METRICS_TOKEN. A wrong token is left to the check of API keys, which limits attempts. */
  scrape: RequestHandler;
  /** Routes that upstreams call, open to everybody: each of them guards itself. */
  callbacks: Router;
}

export function createApplication({ config, log, desk, stopping }: ApiContext, { operations, meter, tracing, scrape, callbacks }: ApplicationParts): Express {
  const { keys, ratePerMinute, trustProxy } = config.api;
  const application = express();
  application.disable('x-powered-by').set('query parser', 'simple').set('trust proxy', trustProxy).set('etag', false);
  application.use(lastAnswers(stopping), requestId(), recordRequests(log, meter), securityHeaders(), saySimulated(isSimulated(config)), refuseUnreadable());
  application.use('/v1/callbacks', callbacks);
  application.get('/metrics', scrape);

  const asLocal: RequestHandler = (_request, response, next) => {
    setCaller(response, LOCAL);
    next();
  };
  const guards =
    keys.length === 0 ? [localOnly(), asLocal] : [authenticate(keys, limitWrongKeys()), limitRequests(ratePerMinute)].filter((guard) => guard !== null);
  for (const operation of operations) {
    const { method, path, scope } = operation;
    const handle = tracedHandle(tracing, operation);
    const known: RequestHandler = (_request, response, next) => {
      response.locals['route'] = path;
      next();
    };
    const guarded = scope === null ? [] : [...guards, requireScope(scope)];
    application[method](expressPath(path), known, ...guarded, (request, response) => handle(request, response));
  }
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const methods = operations.filter((operation) => operation.path === path).map(({ method }) => method.toUpperCase());
    application.all(expressPath(path), takesOnly(methods.includes('GET') ? [...methods, 'HEAD'] : methods));
  }
  // Who opens the address of a callback in a browser, to see whether it can be reached, reads that it is there.
  application.all('/v1/callbacks/:provider/:id/:token', takesOnly(['POST']));
  application.use((request) => {
    throw new Problem(404, 'not-found', `There is nothing at ${JSON.stringify(withoutToken(request.path).slice(0, 200))}. /docs shows every address.`);
  });
  application.use(answerErrors(log, () => shardWaits(desk.store, config)));
  return application;
}

function takesOnly(methods: readonly string[]): RequestHandler {
  const list = methods.join(', ');
  return (request) => {
    throw new Problem(405, 'method', `This address does not take ${request.method}. Allowed: ${list}.`, { headers: { Allow: list } });
  };
}

/** Marks the answers of a simulated API: a caller must never take a sample for a real video. */
function saySimulated(simulated: boolean): RequestHandler {
  return (_request, response, next) => {
    if (simulated) response.set('Dailies-Simulated', 'true');
    next();
  };
}
