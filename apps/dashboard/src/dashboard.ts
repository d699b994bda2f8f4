/**
 * The dashboard as a service. It looks at the ledger and passes a person's wishes on; it works on nothing itself, so it may be stopped or
 * missing at any time. It listens on this machine only.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, connectForProducer, type Log, openQueues, openStore, whenReady } from '@dailies/queue';
import { createMeter, createMetricsPage } from '@dailies/telemetry';
import { createApplication } from './application.ts';
import { metricsRoutes } from './http/metrics-routes.ts';
import { createBoard } from './board/board.ts';

export interface DashboardOptions {
  config: Config;
  /** Where the ledger is: REDIS_URL, or the embedded Redis. */
  redisUrl: string;
  log: Log;
}

export interface DashboardService {
  /** Resolves when it listens, also while Redis is away. The generated password is told here and nowhere else. */
  start(): Promise<{ url: string; user: string; generatedPassword: string | null }>;
  /** Tolerates being called twice, or before start. */
  stop(deadlineMs: number): Promise<void>;
}

const HOST = '127.0.0.1';

export function createDashboard({ config, redisUrl, log }: DashboardOptions): DashboardService {
  let stopParts = async (_deadlineMs: number): Promise<void> => undefined;
  return {
    async start() {
      const { user, password, port } = config.dashboard;
      const generatedPassword = password === null ? randomBytes(18).toString('base64url') : null;
      const credentials = { user, password: password?.reveal() ?? generatedPassword ?? '' };

      const redis = connectForProducer(redisUrl, { name: 'dashboard', log });
      const store = openStore(redis, config.redisTag);
      // The connection has said already that it is gone; eleven queues on it would say so at every try.
      const quiet = { warn: (fields: object, text: string) => log.debug(fields, text) };
      // A BullMQ queue whose first word with Redis was cut off stays broken, so each new connection gets queues of its own.
      let queues = openQueues(redis, store.keys, quiet);
      let board = createBoard(config, { store, queues });
      redis.on('ready', () => {
        void queues.close();
        queues = openQueues(redis, store.keys, quiet);
        board = createBoard(config, { store, queues });
      });
      const server = createServer(createApplication({ board: () => board, redis, credentials, log, metrics: metricsRoutes(createMetricsPage(createMeter(), store, config), config.metricsToken) }));
      stopParts = async (deadlineMs) => {
        stopParts = async () => undefined;
        await closeServer(server, deadlineMs);
        redis.disconnect();
        await Promise.race([queues.close(), sleep(deadlineMs, undefined, { ref: false })]);
      };
      // Usually there at once. If it is not, the board says so until it is.
      await whenReady(redis, 1_000).catch(() => undefined);
      try {
        return { url: `http://${HOST}:${await listen(server, port)}`, user, generatedPassword };
      } catch (error) {
        await stopParts(1_000);
        throw error;
      }
    },
    stop: (deadlineMs) => stopParts(deadlineMs),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(isTaken ? new Error(`DASHBOARD_PORT: port ${port} is ${error.code === 'EACCES' ? 'not allowed' : 'in use'}. Set DASHBOARD_PORT to another one, or to 0 for any.`) : error);
    });
    server.listen(port, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Requests under way may finish until the deadline; idle connections go at once. */
async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  if (!server.listening) return;
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(timer);
}
