/** A worker's connections to Redis: each is opened under the name of what it is for, and all are closed together at the end. */
import { type Log, type RedisConnection, closeRedis, connectForWorker } from '@dailies/queue';

export interface Connections {
  open(purpose: string): RedisConnection;
  close(): Promise<void>;
}

/** After this a connection whose Redis does not answer is cut off. */
const CLOSE_WITHIN_MS = 1_000;

/** `onLost`: called each time one of the connections is lost. */
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
