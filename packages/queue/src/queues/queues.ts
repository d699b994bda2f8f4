/**
 * The queues as a producer of jobs sees them: open, add, close. Taking jobs out is the worker's business. Each shard has queues of its own, of
 * the same names.
 */
import { Queue, type QueueOptions } from 'bullmq';
import type { Store } from '../ledger/store.ts';
import type { JobPayload } from './names.ts';
import { QUEUE_NAMES } from './names.ts';
import { type QueueLog, tellQueueFaults } from './queue-faults.ts';

export interface Queues {
  /** A queue of the shard; of all shards, that of shard 0. */
  get(name: string): Queue<JobPayload>;
  /** The queues of one shard. */
  of(shard: number): Queues;
  /** The queues of all shards. */
  readonly whole: Queues;
  /** Every queue, of every shard that these are of. */
  all(): Queue<JobPayload>[];
  close(): Promise<void>;
}

const DAY = 24 * 3600;

/**
 * How many finished jobs are kept, and how long (seconds). Jobs are schedules, not records: finished ones are kept only to be seen in Bull Board. These
 * are options of the workers that end jobs, so that they need not be written into every waiting job.
 */
export const FINISHED_JOBS = { removeOnComplete: { count: 500, age: DAY }, removeOnFail: { count: 1000, age: 7 * DAY } };

/** Who hears of the faults and the jobs of the queues. */
interface Watching {
  log: QueueLog;
  telemetry: QueueOptions['telemetry'];
}

/** Opened at once, on one shared connection, which the caller closes. */
export function openQueues(store: Store, log: QueueLog, telemetry?: QueueOptions['telemetry']): Queues {
  const shards = store.shards.map((shard) => queuesOf(shard, { log, telemetry }, () => all));
  const [first] = shards;
  if (first === undefined) throw new Error('a ledger has at least one shard');
  const all: Queues = shards.length === 1 ? first : {
    get: (name) => first.get(name),
    get whole() {
      return all;
    },
    of: (number) => shards[number] ?? first,
    all: () => shards.flatMap((queues) => queues.all()),
    async close() {
      await Promise.all(shards.map((queues) => queues.close()));
    },
  };
  return all;
}

function queuesOf({ redis, keys }: Store, { log, telemetry }: Watching, whole: () => Queues): Queues {
  const queues = new Map<string, Queue<JobPayload>>();
  for (const name of QUEUE_NAMES) {
    const queue = new Queue<JobPayload>(name, {
      connection: redis,
      prefix: keys.prefix,
      ...(telemetry === undefined ? {} : { telemetry }),
      // A connection lost during BullMQ's first INFO would leave the queue broken for good; doctor checks the version.
      skipVersionCheck: true,
      defaultJobOptions: { attempts: 1 },
    });
    queue.on('error', tellQueueFaults(log, name));
    queues.set(name, queue);
  }
  const own: Queues = {
    get(name) {
      const queue = queues.get(name);
      if (queue === undefined) throw new Error(`no queue named ${name}`);
      return queue;
    },
    of: () => own,
    get whole() {
      return whole();
    },
    all: () => [...queues.values()],
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
  return own;
}
