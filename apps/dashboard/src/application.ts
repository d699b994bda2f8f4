/** The routes, in the order in which a request meets them: headers, health, sign-in, same origin, Redis, board. */
import type { Log, Store } from '@dailies/queue';
import express, { type Express, type Router } from 'express';
import { BOARD_PATH } from './board/board.ts';
import { answerErrors } from './http/answer-errors.ts';
import { createAttemptLimit } from './http/attempt-limit.ts';
import type { MetricsRoutes } from './http/metrics-routes.ts';
import { requireRedis } from './http/redis-away.ts';
import { requireSameOrigin } from './http/same-origin.ts';
import { securityHeaders } from './http/security-headers.ts';
import { type Credentials, requireSignIn } from './http/sign-in.ts';

export interface Parts {
  /** The board of the present connection to Redis. */
  board: () => Router;
  redis: Store['redis'];
  credentials: Credentials;
  log: Log;
  metrics: MetricsRoutes;
}

export function createApplication({ board, redis, credentials, log, metrics }: Parts): Express {
  const application = express();
  application.disable('x-powered-by');
  application.use(securityHeaders());
  application.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', redis: redis.status === 'ready' ? 'ok' : 'away' });
  });
  application.get('/metrics', metrics.forToken);
  application.use(requireSignIn(credentials, createAttemptLimit()));
  application.use(requireSameOrigin());
  application.get('/metrics', metrics.forSignedIn);
  application.get('/', (_request, response) => response.redirect(BOARD_PATH));
  application.use(BOARD_PATH, requireRedis(redis), (request, response, next) => board()(request, response, next));
  application.use((_request, response) => {
    response.status(404).type('text').send(`There is nothing here. The board is at ${BOARD_PATH}.\n`);
  });
  application.use(answerErrors(log));
  return application;
}
