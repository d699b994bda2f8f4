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
  dailies_jobs: {
    type: 'gauge', of: 'ledger', labels: ['queue', 'state'],
    help: 'Jobs of each queue: waiting, delayed (not due yet), active, failed (kept to be looked at).',
  },
  dailies_workers: {
    type: 'gauge', of: 'ledger', labels: ['state'],
    help: 'Workers, by their own word in the ledger: alive, or silent for more than 12 s (killed, frozen, cut off); forgotten after ten minutes.',
  },
  dailies_due_seconds: {
    type: 'gauge', of: 'ledger', labels: ['queue'],
    help: 'How long the first delayed job of a queue is past its time; 0 when none is.',
  },
  dailies_slots_taken: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: 'Tasks in flight that the account counts.',
  },
  dailies_slots_limit: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: 'Configured most tasks in flight.',
  },
  dailies_slots_learned: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: 'Tasks in flight that the account is known to take, beside those in doubt or overdue: the most that may be now.',
  },
  dailies_breaker_open: {
    type: 'gauge', of: 'ledger', labels: ['account'],
    help: '1 while nothing is submitted since submits were not answered for.',
  },
  dailies_paused: {
    type: 'gauge', of: 'ledger', labels: ['provider', 'kind'],
    help: '1 while submits of a provider are held; kind says why (auth, quota, ip, configuration, delisted, operator, rolled-back).',
  },
  dailies_estimated_spend_total: {
    type: 'counter', of: 'ledger', labels: ['provider', 'model', 'currency'],
    help: 'Estimated spend by the price table, or by the own figures of the upstream.',
  },
  dailies_transitions_total: {
    type: 'counter', of: 'process', labels: ['provider', 'state', 'kind'],
    help: 'Changes of state, by the state that was reached; kind is that of the failure, else empty.',
  },
  dailies_submit_seconds: {
    type: 'histogram', of: 'process', labels: ['provider', 'outcome'],
    help: 'The paid request, from sending to its answer; outcome is accepted or the kind of error.',
    buckets: SHORT,
  },
  dailies_poll_seconds: {
    type: 'histogram', of: 'process', labels: ['provider', 'outcome'],
    help: 'One free request for progress; outcome is what the upstream said, many of a question about several tasks, or the kind of error.',
    buckets: SHORT,
  },
  dailies_download_seconds: {
    type: 'histogram', of: 'process', labels: ['provider', 'outcome'],
    help: 'One delivery of a download; outcome is done, wait (tried again) or failed.',
    buckets: LONG,
  },
  dailies_time_to_video_seconds: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'From the accepted prompt to the stored file.',
    buckets: LONG,
  },
  dailies_detection_delay_seconds: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'From the last look that found it pending to the look that found it done: the most that its end can have gone unnoticed.',
    buckets: [...SHORT, 60, 120, 300],
  },
  dailies_poll_lateness_seconds: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'How long after its time a poll began; of those that the same process had delayed.',
    buckets: SHORT,
  },
  dailies_poll_waits_total: {
    type: 'counter', of: 'process', labels: ['provider', 'by'],
    help: 'Waits between two polls of a task, by what they follow: learned (how long its kind takes) or backoff.',
  },
  dailies_polls_per_video: {
    type: 'histogram', of: 'process', labels: ['provider'],
    help: 'Polls of a task until it was found done.',
    buckets: [1, 2, 3, 5, 8, 13, 21, 34, 55],
  },
  dailies_webhook_deliveries_total: {
    type: 'counter', of: 'process', labels: ['outcome'],
    help: 'Webhook requests: delivered, failed (and tried again), gone (410), or ended (given up).',
  },
  dailies_api_requests_total: {
    type: 'counter', of: 'process', labels: ['method', 'route', 'status'],
    help: 'Requests that the HTTP API answered, by the pattern of the route; none: no such route.',
  },
  dailies_api_request_seconds: {
    type: 'histogram', of: 'process', labels: ['method', 'route'],
    help: 'From a request to the end of its answer. A stream of events lasts as long as its reader stays.',
    buckets: [0.005, 0.01, 0.025, ...SHORT],
  },
  dailies_redis_up: {
    type: 'gauge', of: 'process', labels: [],
    help: '1 while Redis answers this process within a second, and all masters of a Cluster that have a shard do.',
  },
  dailies_redis_round_trip_seconds: {
    type: 'histogram', of: 'process', labels: [],
    help: 'PING, once a second.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  },
  dailies_consumption_stuck: {
    type: 'gauge', of: 'process', labels: ['queue'],
    help: '1 while jobs of a queue are due and this worker takes none, although it could.',
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS;
export type LabelsOf<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>;
