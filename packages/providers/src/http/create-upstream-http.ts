/**
 * Makes the HTTP that providers are handed: undici under the two laws, paid and free.
 */
import { Agent, type buildConnector } from 'undici';
import { freeRequest } from './free-request.ts';
import { paidRequest } from './paid-request.ts';
import type { UpstreamHttp } from './upstream-http.ts';

/** Connections for free requests, for each origin. */
const MOST_CONNECTIONS = 16;
/**
 * Longer than the pause between two polls of one account, and shorter than usual proxies keep a connection (ALB 60 s, nginx 75 s). With undici's
 * default of 4 s each poll would need a new connection.
 */
const KEPT_MS = 40_000;

export interface UpstreamHttpOptions {
  /** For a whole exchange, from connecting to the last byte of the answer. */
  timeoutMs: number;
  /** Of an answer's body. Defaults to 4 MiB. */
  maxBytes?: number | undefined;
  /** For upstreams behind a private certificate authority. */
  tls?: buildConnector.BuildOptions | undefined;
}

export function createUpstreamHttp({ timeoutMs, maxBytes = 4 * 1024 * 1024, tls = {} }: UpstreamHttpOptions): UpstreamHttp {
  const pool = new Agent({
    connections: MOST_CONNECTIONS,
    keepAliveTimeout: KEPT_MS,
    // The time-out of the whole exchange is ours (exchange.ts).
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...tls, timeout: timeoutMs },
  });
  return {
    paid: (request) => paidRequest(request, { timeoutMs, maxBytes, tls }),
    free: (request) => freeRequest(pool, request, { timeoutMs, maxBytes }),
    close: () => pool.destroy(),
  };
}
