/**
 * Every metric of Dailies, in one table: name, type, labels, help, buckets. docs/metrics.md is held against it by a test.
 * No id, no prompt, no link and no key is ever a label; labels take few values.
 *
 * `of: 'process'` is counted by the process that did it, so sums over processes are right. `of: 'ledger'` is read from the ledger when it is
 * scraped: every process shows the same figure, so take the maximum over processes, never the sum.
 */
export interface MetricRow {
  type: 'counter' | 'gauge' | 'histogram';
  of: 'process' | 'ledger';
  labels: readonly string[];
  help: string;
  buckets?: readonly number[];
}

const SHORT = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const LONG = [5, 15, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600, 7200, 21_600] as const;

export const METRICS = {
  dailies_generations: {
    type: 'gauge', of: 'ledger', labels: ['provider', 'state'],
    help: 'Generations in each state.',
  },
  dailies_oldest_seconds: {
    type: 'gauge', of: 'ledger', labels: ['provider', 'stage'],
    help:
      'Age of the oldest generation that is queued (since it was accepted) or in flight ' +
      '(since its slot was taken, as far as its provider counts it); 0 when there is none.',
  },
  dailies_held: {
    type: 'gauge', of: 'ledger', labels: ['provider', 'reason'],
    help:
      'Generations that are held, without a job: unattended (their run was stopped), origin (no worker has their key and address), ' +
      'dropped (their file no longer has them), or offered (ends by itself).',
  },
  dailies_jobs: {
    type: 'gauge', of: 'ledger', labels: ['queue', 'state'],
    help: 'Jobs of each queue: waiting, delayed (not due yet), active, or failed (kept for inspection).',
  },
  dailies_workers: {
    type: 'gauge', of: 'ledger', labels: ['state'],
    help: 'Workers that report to the ledger: alive, or silent for more than 12 s (killed, frozen, cut off). Forgotten after ten minutes of silence.',
  },
  dailies_due_seconds: {
    type: 'gauge', of: 'ledger', labels: ['queue'],
    help: 'How long the first delayed job of a queue is overdue; 0 when none is.',
  },
  dailies_download_waits: {
    type: 'gauge', of: 'ledger', labels: [],
    help: 'Machines whose downloads wait until their disk, folder or bucket can be used again; 0 when none do.',
  },
  dailies_webhook_endpoints: {
    type: 'gauge', of: 'ledger', labels: ['state'],
    help: 'Webhook endpoints that fail (and are tried again), or are disabled (nothing is sent there until a person enables them).',
  },
  dailies_slots_taken: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: 'Tasks in flight that count towards the limit of the account.',
  },
  dailies_slots_limit: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: 'The configured maximum of tasks in flight.',
  },
  dailies_slots_learned: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: 'The learned maximum of tasks in flight, not counting those in doubt or overdue.',
  },
  dailies_breaker_open: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: '1 while nothing is submitted because several submits in a row got no answer.',
  },
  dailies_few_replicas: {
    type: 'gauge', of: 'ledger', labels: [],
    help: 'Shards in which nothing is submitted, because fewer replicas of Redis follow than REDIS_REPLICAS; 0 when there is none.',
  },
  dailies_wrong_clocks: {
    type: 'gauge', of: 'ledger', labels: [],
    help: 'Workers that are alive and whose clock is more than two seconds apart from that of Redis.',
  },
  dailies_paused: {
    type: 'gauge', of: 'ledger', labels: ['provider', 'kind'],
    help: '1 while submits of a provider are held. kind says why (auth, quota, ip, configuration, delisted, operator, rolled-back).',
  },
  dailies_estimated_spend_total: {
    type: 'counter', of: 'ledger', labels: ['provider', 'model', 'currency'],
    help: "Estimated spend, from the price table or from the upstream's own figures.",
  },
  dailies_transitions_total: {
    type: 'counter', of: 'process', labels: ['provider', 'state', 'kind'],
    help: 'Changes of state, by the new state. kind is the kind of the failure, otherwise empty.',
  },
  dailies_submit_seconds: {
    type: 'histogram', of: 'process', labels: ['provider', 'outcome'],
    help: 'The paid request, from sending it to its answer. outcome is accepted, or the kind of error.',
    buckets: SHORT,
  },
  dailies_poll_seconds: {
    type: 'histogram', of: 'process', labels: ['provider', 'outcome'],
    help: 'One free request for progress. outcome is what the upstream said, many for a request about several tasks, or the kind of error.',
    buckets: SHORT,
  },
  dailies_download_seconds: {
    type: 'histogram', of: 'process', labels: ['provider', 'outcome'],
    help: 'One delivery of a download job. outcome is done, wait (tried again) or failed.',
    buckets: LONG,
  },
  dailies_time_to_video_seconds: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'From the accepted prompt to the stored file.',
    buckets: LONG,
  },
  dailies_detection_delay_seconds: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'From the last poll that found a task pending to the poll that found it done: at most so long was its end unnoticed.',
    buckets: [...SHORT, 60, 120, 300],
  },
  dailies_poll_lateness_seconds: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'How late a poll began: the first of a task, or one that the same process had scheduled. Not what a pause, or no running process, has put off.',
    buckets: SHORT,
  },
  dailies_poll_waits_total: {
    type: 'counter', of: 'process', labels: ['provider', 'by'],
    help: 'Waits between two polls of a task, by how they were chosen: learned (how long tasks of its kind take) or backoff.',
  },
  dailies_polls_per_video: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'Polls of a task until one found it done.',
    buckets: [1, 2, 3, 5, 8, 13, 21, 34, 55],
  },
  dailies_webhook_deliveries_total: {
    type: 'counter', of: 'process', labels: ['outcome'],
    help: 'Webhook requests: delivered, failed (and tried again), gone (410), or ended (given up).',
  },
  dailies_api_requests_total: {
    type: 'counter', of: 'process', labels: ['method', 'route', 'status'],
    help: 'Requests that the HTTP API answered, by the pattern of the route (none: there is no such route).',
  },
  dailies_api_request_seconds: {
    type: 'histogram', of: 'process', labels: ['method', 'route'],
    help: 'From a request to the end of its answer. A stream of events lasts as long as its reader stays.',
    buckets: [0.005, 0.01, 0.025, ...SHORT],
  },
  dailies_redis_up: {
    type: 'gauge', of: 'process', labels: [],
    help: '1 while Redis answers this process within a second (in a Cluster: every master that has a shard).',
  },
  dailies_redis_round_trip_seconds: {
    type: 'histogram', of: 'process', labels: [],
    help: 'The round trip of a PING, measured once a second.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  },
  dailies_consumption_stuck: {
    type: 'gauge', of: 'process', labels: ['queue'],
    help: '1 while jobs of a queue are due and this worker takes none, although it could.',
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS;
export type LabelsOf<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>;
