/**
 * The routes, in the order in which a request meets them: headers, health, assets; login; sign-in; then, for actions, the audit log, same
 * origin, token and role; Redis; and the pages. No route below the sign-in can be reached without one.
 */
import { type Config, type Desk, type LedgerFollower, type Log, shardWaits } from '@dailies/queue';
import type { Results } from '@dailies/results';
import express, { type Express } from 'express';
import { auditPage } from './audit/audit-page.ts';
import { recordActions } from './audit/record-actions.ts';
import { requireToken } from './auth/action-token.ts';
import { createAttemptLimit } from './auth/attempt-limit.ts';
import { login } from './auth/login.ts';
import { requireRole, roleOnBoard } from './auth/require-role.ts';
import { requireSignIn } from './auth/require-sign-in.ts';
import { sessions } from './auth/sessions.ts';
import { whoOf } from './auth/signed-in.ts';
import { mayAct, type Users } from './auth/users.ts';
import { batchRoutes } from './batches/batch-routes.ts';
import { BOARD_PATH } from './board/board-path.ts';
import type { Boards } from './board/board.ts';
import { generationRoutes } from './generations/generation-routes.ts';
import { answerErrors } from './http/answer-errors.ts';
import { answerNotFound, showPages } from './http/answer.ts';
import { assets } from './http/assets.ts';
import { textOf } from './http/form.ts';
import type { MetricsRoutes } from './http/metrics-routes.ts';
import { onlyLooks } from './http/only-looks.ts';
import { requireRedis } from './http/redis-away.ts';
import { requireSameOrigin } from './http/same-origin.ts';
import { boardHeaders, securityHeaders } from './http/security-headers.ts';
import { placeOf } from './html/place.ts';
import { inboxRoute } from './inbox/inbox-route.ts';
import { levelOf } from './live/ledger-level.ts';
import type { Live } from './live/live.ts';
import { overview } from './overview/overview-page.ts';
import { providerRoutes } from './overview/provider-routes.ts';
import { openSnapshots } from './overview/snapshot.ts';

export interface Parts {
  config: Config;
  results: Results;
  desk: Desk;
  /** The routes of the present connection to Redis. */
  boards: () => Boards;
  follower: LedgerFollower;
  live: Live;
  users: Users;
  /** What sessions are signed with. */
  secret: string;
  log: Log;
  metrics: MetricsRoutes;
}

export function createApplication({ config, results, desk, boards, follower, live, users, secret, metrics, log }: Parts): Express {
  const { store } = desk;
  const { redis } = store;
  const place = placeOf(config);
  const show = showPages(place);
  const limit = createAttemptLimit();
  const snapshots = openSnapshots(store, config, follower);
  const application = express();
  application.disable('x-powered-by');
  application.set('trust proxy', config.dashboard.proxies);
  application.set('query parser', 'simple');
  application.use(securityHeaders());
  application.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', redis: redis.status === 'ready' ? 'ok' : 'away' });
  });
  application.use('/assets', assets());
  application.get('/metrics', metrics.forToken);
  application.use(sessions(store, secret));
  const form = express.urlencoded({ extended: false, limit: '100kb', parameterLimit: 100 });
  application.post('/login', requireSameOrigin());
  application.use('/login', form);
  // A log-out must carry the session's token, like every action.
  application.post('/logout', requireSignIn(users, limit), form, requireSameOrigin(), requireToken());
  application.use(login({ users, limit, store, place, log }));

  application.use(requireSignIn(users, limit));
  application.get('/metrics', metrics.forSignedIn);
  application.use(recordActions(store, log), requireSameOrigin(), form, requireToken());
  application.use((request, response, next) => {
    if (!onlyLooks(request)) response.once('finish', () => snapshots.forget());
    next();
  });
  application.use(requireRedis(redis));
  application.use(BOARD_PATH, boardHeaders(), requireRole(roleOnBoard), (request, response, next) => {
    const { readOnly, acting } = boards();
    (mayAct(whoOf(request).user, 'operator') ? acting : readOnly)(request, response, next);
  });
  application.use(requireRole());
  application.get('/live', live.handler);
  application.get('/', async (request, response) => {
    const main = overview(request, await snapshots.current(), levelOf(follower));
    show(request, response, { title: 'Overview', main, live: '*', charts: true });
  });
  application.use('/providers', providerRoutes({ config, desk, follower }));
  application.use('/generations', generationRoutes({ desk, follower, snapshots, results, show }));
  application.use('/batches', batchRoutes({ desk, follower, snapshots, show }));
  application.get('/inbox', inboxRoute({ store, follower, show }));
  application.get('/audit', async (request, response) => {
    show(request, response, { title: 'Audit', main: await auditPage(store, textOf(request.query['before'])), live: '*' });
  });
  application.use((request, response) => answerNotFound(request, response, 'There is nothing here. The overview is at /, the jobs are at /queues.'));
  application.use(answerErrors(log, () => shardWaits(store, config)));
  return application;
}
