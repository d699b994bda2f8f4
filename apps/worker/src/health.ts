/**
 * `/healthz`: the process is alive. `/readyz`: it can reach Redis and its loops have turned lately. A connection can look healthy while
 * nothing is consumed (BULLMQ trap 13), so readiness looks at the loops, not only at PING.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { Store } from '@dailies/queue';

export interface Health {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const STALE_MS = 15_000;

export function createHealth(port: number, store: Store, lastTurnAt: () => number): Health {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
    };
    if (request.url === '/healthz') return answer(200, { status: 'ok' });
    if (request.url !== '/readyz') return answer(404, { status: 'not found' });
    void readiness(store, lastTurnAt).then((fault) => answer(fault === null ? 200 : 503, fault === null ? { status: 'ready' } : { status: 'not ready', fault }));
  });
  return {
    async start() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function readiness(store: Store, lastTurnAt: () => number): Promise<string | null> {
  const late = Date.now() - lastTurnAt();
  if (late > STALE_MS) return `the worker's loops have not turned for ${Math.round(late / 1000)} s`;
  const timeout = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 1_000).unref());
  const answer = await Promise.race([store.redis.ping().catch(() => 'late' as const), timeout]);
  return answer === 'PONG' ? null : 'Redis does not answer';
}
