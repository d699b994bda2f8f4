/**
 * A desk on one connection that may come and go. A BullMQ queue whose first word with Redis was cut off stays broken, so each new
 * connection gets queues of its own.
 */
import type { QueueOptions } from 'bullmq';
import type { RedisConnection } from '../redis/connection.ts';
import type { Config } from '../config/config.ts';
import { commandSuffix } from '../config/simulated.ts';
import { openStore } from '../ledger/store.ts';
import type { Desk } from '../operations/desk.ts';
import type { QueueLog } from './queue-faults.ts';
import { openQueues } from './queues.ts';

export interface OpenDesk extends Desk {
  close(): Promise<void>;
}

export function openDesk(
  redis: RedisConnection,
  config: Config,
  log: QueueLog,
  telemetry?: QueueOptions['telemetry'],
): OpenDesk {
  const store = openStore(redis, config.redisTag, config.shards);
  let queues = openQueues(store, log, telemetry);
  const renew = (): void => {
    void queues.close();
    queues = openQueues(store, log, telemetry);
  };
  redis.on('ready', renew);
  return {
    store,
    suffix: commandSuffix(config),
    replicas: config.redisReplicas,
    get queues() {
      return queues;
    },
    async close() {
      redis.off('ready', renew);
      await queues.close();
    },
  };
}
