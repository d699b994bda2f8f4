/**
 * `/healthz`: the process is alive. `/readyz`: it can reach Redis, its loops have turned lately, and what is due is taken: a connection can
 * look healthy while nothing is consumed (bullmq issues 2466 and 3185). `/metrics`: for Prometheus; where METRICS_TOKEN is set, only with that token.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, endsWithin, listen, type Secret, type Store, waitsForSlot } from '@dailies/queue';
import { type MetricsPage, bearsToken } from '@dailies/telemetry';

export interface Health {
  /** Answers the port: the one asked for, or the one that was free. */
  start(): Promise<number>;
  stop(): Promise<void>;
}

export interface HealthParts {
  host: string;
  port: number;
  store: Store;
  metrics: MetricsPage;
  metricsToken: Secret | null;
  /** Epoch milliseconds at which the slowest of the worker's loops last came to the end of a turn. */
  lastTurnAt: () => number;
  /** What is due and not taken; null when nothing is. */
  consumptionFault: () => string | null;
}

const STALE_MS = 15_000;
const PING_MS = 1_000;

export function createHealth(parts: HealthParts): Health {
  const server = createServer((request, response) => {
    void answer(parts, request, response).catch(() => response.destroy());
  });
  return {
    async start() {
      const { host, port } = parts;
      return (await listen(server, { host, port, variables: { host: 'WORKER_HOST', port: 'WORKER_PORT' } })).port;
    },
    // Nobody is hurt by a probe that is cut off.
    stop: () => closeServer(server, 0),
  };
}

async function answer(parts: HealthParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const say = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
  };
  switch (request.url?.split('?')[0]) {
    case '/healthz':
      return say(200, { status: 'ok' });
    case '/readyz': {
      const fault = await readiness(parts);
      return say(fault === null ? 200 : 503, fault === null ? { status: 'ready' } : { status: 'not ready', fault });
    }
    case '/metrics': {
      const { metrics, metricsToken } = parts;
      if (metricsToken !== null && !bearsToken(request.headers.authorization, metricsToken.reveal())) {
        response.setHeader('www-authenticate', 'Bearer');
        return say(401, { status: 'METRICS_TOKEN is needed' });
      }
      const text = await metrics.text();
      response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
      return;
    }
    default:
      return say(404, { status: 'not found' });
  }
}

async function readiness({ store, lastTurnAt, consumptionFault }: HealthParts): Promise<string | null> {
  const moving = waitsForSlot(store.redis);
  if (moving !== null) return moving;
  if (!(await endsWithin(PING_MS, store.redis.ping()).catch(() => false))) return 'Redis does not answer';
  const late = Date.now() - lastTurnAt();
  if (late > STALE_MS) return `the worker's loops have not turned for ${Math.round(late / 1000)} s`;
  return consumptionFault();
}
