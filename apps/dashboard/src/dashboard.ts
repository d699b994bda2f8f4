/**
 * The dashboard as a service. It reads the ledger and passes on what a person wants; it works on nothing itself, so it may be stopped or missing
 * at any time. It listens on this machine only unless DASHBOARD_HOST says otherwise, and then never without a password that somebody chose.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  closeServer, type Config, ConfigError, connectForProducer, createHttpService, followLedger, type HttpServiceParts, type Log, openDesk,
} from '@dailies/queue';
import { openResults } from '@dailies/results';
import { countTransition, createMeter, createMetricsPage, measureRoundTrips } from '@dailies/telemetry';
import { createApplication } from './application.ts';
import { sessionSecret } from './auth/sessions.ts';
import { createUsers } from './auth/users.ts';
import { metricsRoutes } from './http/metrics-routes.ts';
import { openBoards } from './board/board.ts';
import { openLive } from './live/live.ts';
import { accountIds } from './overview/snapshot.ts';

export interface DashboardOptions {
  config: Config;
  /** The Redis of the ledger: REDIS_URL, or the embedded one. */
  redisUrl: string;
  log: Log;
}

export interface DashboardService {
  /** Resolves when it listens, even while Redis is away. A generated password is returned here and nowhere else. */
  start(): Promise<{ url: string; user: string; generatedPassword: string | null }>;
  /** May be called twice, or before `start`. */
  stop(deadlineMs: number): Promise<void>;
}

/** Pages ask again every two seconds at most, so a shorter interval would bring nothing. */
const FOLLOW_MS = 1_000;
/** The shortest password of a dashboard that other machines can reach. */
const SHORTEST_PASSWORD = 12;

export function createDashboard({ config, redisUrl, log }: DashboardOptions): DashboardService {
  const service = createHttpService('the dashboard', log);
  return {
    async start() {
      const { user, password: chosen, port, host } = config.dashboard;
      refuseOpen(host, chosen?.reveal());
      const generatedPassword = chosen === null ? randomBytes(18).toString('base64url') : null;
      const parts = openParts({ config, redisUrl, log }, chosen?.reveal() ?? generatedPassword ?? '');
      const url = await service.start(parts, { host, port, variables: { host: 'DASHBOARD_HOST', port: 'DASHBOARD_PORT' } });
      return { url, user, generatedPassword };
    },
    stop: (deadlineMs) => service.stop(deadlineMs),
  };
}

function openParts({ config, redisUrl, log }: DashboardOptions, password: string): HttpServiceParts {
  const redis = connectForProducer(redisUrl, { name: 'dashboard', log });
  // The connection has already reported that it is gone. Its queues would report it again at every attempt.
  const quietly = (fields: object, text: string): void => log.debug(fields, text);
  const desk = openDesk(redis, config, { info: quietly, warn: quietly });
  const { store } = desk;
  const follower = followLedger(store, { everyMs: FOLLOW_MS, onError: (error) => log.debug({ err: error }, 'the ledger is not followed just now') });
  // Boards keep the queues that they were made with, so each new connection needs queues and boards of its own.
  const newBoards = () => openBoards(config, desk, (provider) => accountIds(provider, follower.catalogue));
  let boards = newBoards();
  redis.on('ready', () => (boards = newBoards()));
  const results = openResults(config);
  const live = openLive(follower);
  const secret = sessionSecret(password);
  const users = createUsers({ name: config.dashboard.user, password, secret }, config.dashboard.users);
  const meter = createMeter();
  for (const shard of store.shards) shard.onChange = (change) => countTransition(meter, change);
  const endRoundTrips = measureRoundTrips(store, meter);
  const metrics = metricsRoutes(createMetricsPage(meter, store, config), config.metricsToken);
  const server = createServer(createApplication({ config, results, desk, boards: () => boards, follower, live, users, secret, metrics, log }));
  return {
    redis,
    store,
    server,
    async stop(deadlineMs) {
      const deadline = Date.now() + deadlineMs;
      live.stop();
      endRoundTrips();
      await closeServer(server, deadlineMs);
      await follower.stop();
      redis.disconnect();
      results.close();
      await Promise.race([desk.close(), sleep(Math.max(deadline - Date.now(), 1_000), undefined, { ref: false })]);
    },
  };
}

/** Anybody who can reach the dashboard could act in our name. Beyond this machine it needs a chosen password that is not short. */
function refuseOpen(host: string, password: string | undefined): void {
  if (/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)) return;
  if (password === undefined) {
    throw new ConfigError([
      `DASHBOARD_PASSWORD: is missing, and DASHBOARD_HOST (${host}) lets others than this machine in. Set one of at least ${SHORTEST_PASSWORD} characters.`,
    ]);
  }
  if (password.length < SHORTEST_PASSWORD) {
    throw new ConfigError([
      'DASHBOARD_PASSWORD: is too short for a dashboard that others than this machine ' +
        `can reach (DASHBOARD_HOST ${host}). It needs ${SHORTEST_PASSWORD} characters.`,
    ]);
  }
}
