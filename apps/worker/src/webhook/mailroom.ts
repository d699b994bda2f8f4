/** What a worker runs for webhooks: the publisher of events, and the runner that delivers them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import { type JobPayload, WEBHOOK_QUEUE } from '@dailies/queue';
import type { Tracing } from '@dailies/telemetry';
import type { WorkerContext } from '../context.ts';
import { type Resolve, createAssetAgent } from '../download/asset-agent.ts';
import { type RunnerOptions, createRunner } from '../jobs/job-runner.ts';
import { type Consumer, createConsumer } from '../measure/consumer.ts';
import { tracedEvent } from '../measure/traced.ts';
import { type Postman, webhookStep } from '../steps/webhook.ts';
import { repeat } from '../watch/repeat.ts';
import { DELIVERY_RULES, type DeliveryRules } from './delivery-rules.ts';
import { createEndpointShare } from './endpoint-share.ts';
import { announceStandard, publishEvents } from './publish-events.ts';

export interface MailroomOptions {
  /** For tests: a schedule of milliseconds instead of hours. */
  rules?: Partial<DeliveryRules>;
  /** For tests: what names resolve to. */
  resolve?: Resolve;
}

export interface Mailroom {
  /** Null without a WEBHOOK_SECRET: events wait for a worker that has it. */
  runner: Worker<JobPayload> | null;
  /** What the runner is seen doing. */
  consumer: Consumer;
  /** Publishes until the signal of the context aborts. */
  run(): Promise<void>;
  /** Publishes what there is. */
  publish(): Promise<void>;
  /** Publishes what there is and waits until everything that is due was tried, `mostMs` at most. Answers how many events still wait. */
  flush(mostMs: number): Promise<number>;
  close(): Promise<void>;
}

const MOST_AT_ONCE = 16;
const REST_MS = 500;
const LOOK_MS = 50;
const ANNOUNCE_MS = 60_000;

export function createMailroom(
  context: WorkerContext,
  options: Omit<RunnerOptions, 'queue'>,
  tracing: Tracing,
  { rules, resolve }: MailroomOptions = {},
): Mailroom {
  const { config, log, queues } = context;
  const concurrency = Math.min(MOST_AT_ONCE, options.concurrency);
  const whole = { ...DELIVERY_RULES, ...rules };
  const { secret } = config.webhooks;
  const agent = createAssetAgent({ allowPrivateAddresses: config.allowPrivateAddresses, stallMs: whole.deadlineMs }, resolve);
  const postman: Postman | null = secret === null ? null : { agent, secret, shares: createEndpointShare(concurrency), rules: whole };
  const consumer = createConsumer(WEBHOOK_QUEUE, concurrency);
  const runner = postman === null ? null : createRunner({ ...options, queue: WEBHOOK_QUEUE, concurrency }, (delivery) =>
    consumer.deliver(delivery, () => tracedEvent({ tracing, store: context.store }, delivery, () => webhookStep(context, postman, delivery))),
  );
  let hasComplained = false;

  async function publish(): Promise<void> {
    const published = await publishEvents(context);
    if (published === 0 || secret !== null || hasComplained) return;
    hasComplained = true;
    log.error({ published }, 'webhooks wait: WEBHOOK_SECRET is not set here, and they are never sent unsigned');
  }

  return {
    runner,
    consumer,
    async run() {
      await Promise.all([
        repeat(context, 'default webhook', () => announceStandard(context), ANNOUNCE_MS),
        repeat(context, 'outbox', publish, REST_MS),
      ]);
    },
    publish,
    async flush(mostMs) {
      const deadline = Date.now() + mostMs;
      await publish();
      const queue = queues.get(WEBHOOK_QUEUE);
      for (;;) {
        const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'active', 'delayed');
        if (waiting + active === 0 || secret === null || Date.now() >= deadline) return waiting + active + delayed;
        await pause(LOOK_MS);
      }
    },
    close: () => agent.destroy(),
  };
}
