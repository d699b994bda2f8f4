/** A worker's connections to Redis: each is opened under the name of what it is for, and all are closed together at the end. */
import { type Log, type RedisConnection, closeRedis, connectForWorker } from '@dailies/queue';

export interface Connections {
  open(purpose: string): RedisConnection;
  close(): Promise<void>;
}

/** A connection to a Redis that is gone is cut off. */
const CLOSE_WITHIN_MS = 1_000;

/** `onLost`: told at each loss of one of them. */
export function createConnections(redisUrl: string, log: Log, onLost: (() => void) | undefined): Connections {
  const opened: RedisConnection[] = [];
  return {
    open(purpose) {
      const connection = connectForWorker(redisUrl, { name: `worker-${purpose}`, log, ...(onLost === undefined ? {} : { onLost }) });
      opened.push(connection);
      return connection;
    },
    async close() {
      await Promise.all(opened.map((connection) => closeRedis(connection, CLOSE_WITHIN_MS)));
    },
  };
}
