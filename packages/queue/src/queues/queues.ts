/**
 * The queues as a producer of jobs sees them: open, add, close. Taking jobs out is the worker's business.
 */
import { Queue, type QueueOptions } from 'bullmq';
import type { RedisConnection } from '../redis/connection.ts';
import type { Keys } from '../ledger/keys.ts';
import type { JobPayload } from './names.ts';
import { QUEUE_NAMES } from './names.ts';

export interface Queues {
  get(name: string): Queue<JobPayload>;
  all(): Queue<JobPayload>[];
  close(): Promise<void>;
}

const DAY = 24 * 3600;

/** Opened at once, on one shared connection, which the caller closes. */
export function openQueues(redis: RedisConnection, keys: Keys, log: { warn(fields: object, text: string): void }, telemetry?: QueueOptions['telemetry']): Queues {
  const queues = new Map<string, Queue<JobPayload>>();
  for (const name of QUEUE_NAMES) {
    const queue = new Queue<JobPayload>(name, {
      connection: redis,
      prefix: keys.prefix,
      ...(telemetry === undefined ? {} : { telemetry }),
      // A connection lost during BullMQ's first INFO would leave the queue broken for good; doctor checks the version.
      skipVersionCheck: true,
      // Jobs are schedules, not records: what is kept is for Bull Board's eyes.
      defaultJobOptions: { attempts: 1, removeOnComplete: { count: 500, age: DAY }, removeOnFail: { count: 1000, age: 7 * DAY } },
    });
    queue.on('error', (error) => log.warn({ queue: name, error: error.message }, 'queue connection'));
    queues.set(name, queue);
  }
  return {
    get(name) {
      const queue = queues.get(name);
      if (queue === undefined) throw new Error(`no queue named ${name}`);
      return queue;
    },
    all: () => [...queues.values()],
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}
