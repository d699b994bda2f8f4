/**
 * An HTTP service over the ledger, from its start to its stop. It listens even while Redis is away, and it stops by itself where the ledger turns out
 * to have another number of shards than the configuration.
 */
import type { Server } from 'node:http';
import { type Address, listen } from './http-server.ts';
import { keepAgreed } from './ledger/shard-count.ts';
import type { Store } from './ledger/store.ts';
import type { Log } from './logging/log.ts';
import { type RedisConnection, whenReady } from './redis/connection.ts';

export interface HttpService {
  /** Resolves with its URL when it listens. Throws a ConfigError where it cannot listen; its parts are stopped then. */
  start(parts: HttpServiceParts, address: Address): Promise<string>;
  /** May be called twice, or before `start`. */
  stop(deadlineMs: number): Promise<void>;
}

/** What the service is made of, from its connection to its server, which does not listen yet. */
export interface HttpServiceParts {
  redis: RedisConnection;
  store: Store;
  server: Server;
  stop(deadlineMs: number): Promise<void>;
}

/** Redis usually answers at once. Until it does, the service answers that it is away. */
const READY_MS = 1_000;
const STOP_MS = 1_000;

/** `name`: as the log calls it, such as "the API". */
export function createHttpService(name: string, log: Log): HttpService {
  let parts: HttpServiceParts | null = null;
  async function stop(deadlineMs: number): Promise<void> {
    const open = parts;
    parts = null;
    await open?.stop(deadlineMs);
  }
  return {
    async start(opened, address) {
      parts = opened;
      await whenReady(opened.redis, READY_MS).catch(() => undefined);
      try {
        await keepAgreed(opened.store, (error) => {
          log.error({ reason: error.message }, `${name} stops`);
          // As at a start: whatever watches over the process must not take this for a stop that was asked for.
          process.exitCode = 2;
          void stop(STOP_MS);
        });
        return (await listen(opened.server, address)).url;
      } catch (error) {
        await stop(STOP_MS);
        throw error;
      }
    },
    stop,
  };
}
