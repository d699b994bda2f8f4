/**
 * What a worker runs in one shard: gates that submit and runners that poll for the accounts that live there, a runner of downloads, the watches,
 * the sweep, and the mailroom of webhooks. Everything that is one for the process (connections, folders, disks, health) is given to it.
 */
import type { Worker } from 'bullmq';
import { type JobPayload, type RedisConnection, DOWNLOAD_QUEUE, callUpPolls, pollQueue, release, submitQueue } from '@dailies/queue';
import { type Tracing, countTransition } from '@dailies/telemetry';
import { type Desk, type WorkerContext, access } from './context.ts';
import type { BatchFolders } from './folder/batch-folder.ts';
import { createFetcher, createRunner } from './jobs/job-runner.ts';
import { createConsumer } from './measure/consumer.ts';
import { traced } from './measure/traced.ts';
import { createQuestions } from './questions/questions.ts';
import { type DownloadDesk, downloadStep } from './steps/download.ts';
import { pollStep } from './steps/poll.ts';
import { submitStep } from './steps/submit.ts';
import type { AcceptedAnswers } from './submit/accepted-answer.ts';
import { replayRescueFiles } from './submit/rescue.ts';
import { type SubmitLoop, createSubmitLoop } from './submit/submit-loop.ts';
import { closeBreakers } from './watch/breaker.ts';
import { type Watched, createConsumptionWatch } from './watch/consumption.ts';
import { everySecond } from './watch/every-second.ts';
import { createHeldWatch } from './watch/held.ts';
import { judgeIntents } from './watch/intents.ts';
import { createLedgerMark } from './watch/ledger-mark.ts';
import { createOfferWatch } from './watch/offers.ts';
import { applyPollPauses } from './watch/poll-gate.ts';
import { lookAfterStrays } from './watch/strays.ts';
import { createSweep } from './watch/sweep.ts';
import type { Wake } from './watch/wake.ts';
import { type MailroomOptions, createMailroom } from './webhook/mailroom.ts';

export interface ShardParts {
  /** Of the shard: its store and its queues. */
  context: WorkerContext;
  /** Of the accounts that live there. */
  desks: readonly Desk[];
  jobs: RedisConnection;
  wake: Wake;
  answers: AcceptedAnswers;
  folders: Pick<BatchFolders, 'touch'>;
  downloads: DownloadDesk;
  /** Deliveries of downloads at the same time. */
  deliveries: number;
  tracing: Tracing;
  stuckAfterMs: number;
  webhooks: MailroomOptions | undefined;
  /** Every task is asked about alone. */
  pollAlone: boolean;
}

export interface ShardCast {
  /** Sees what the ledger was and is, and lets go on what waited for its account. */
  open(): Promise<void>;
  /** Resolves when every queue is being served. */
  start(): Promise<void>;
  /** When its watch last went round, epoch milliseconds. */
  turnedAt(): number;
  /** What is due and not taken; null when nothing is. */
  fault(): string | null;
  submitting(): string[];
  publishWebhooks(): Promise<void>;
  flushWebhooks(mostMs: number): Promise<number>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
  /** What was seen of the ledger, also while Redis is away. */
  writeMark(): Promise<void>;
  close(): Promise<void>;
}

const BREAKER_REST_MS = 2_000;
const SWEEP_REST_MS = 10_000;
const HELD_REST_MS = 10_000;
const STRAYS_REST_MS = 5_000;

export function createShardCast({ context: given, desks, jobs, wake, answers, folders, downloads, deliveries, tracing, stuckAfterMs, webhooks, pollAlone }: ShardParts): ShardCast {
  const mark = createLedgerMark(given);
  const context: WorkerContext = { ...given, sawIntent: (event) => mark.saw(event) };
  const { config, store, queues, meter, log, lockMs, stopping } = context;
  const accounts = [...new Set(desks.map(({ account }) => account.id))];
  store.seen = (change) => countTransition(meter, change);
  const options = { connection: jobs, keys: store.keys, concurrency: config.workerConcurrency, lockMs, log, telemetry: tracing.bullmq };
  const loops: SubmitLoop[] = [];
  const workers: Worker<JobPayload>[] = [];
  const runners: Worker<JobPayload>[] = [];
  const pollRunners = new Map<Desk, Worker<JobPayload>>();
  const watched: Watched[] = [];
  const services: Promise<void>[] = [];

  for (const desk of desks) {
    const { name } = desk.settings;
    const submits = createConsumer(submitQueue(name), desk.settings.maxInFlight);
    const polls = createConsumer(pollQueue(name), config.workerConcurrency, (late) => meter.observe('dailies_poll_lateness_seconds', { provider: name }, late));
    const fetcher = createFetcher({ ...options, queue: submitQueue(name) });
    const call = { access: access(desk), http: context.http, signal: stopping };
    const questions = createQuestions({ provider: desk.provider, call, hands: polls, callUp: (due) => callUpPolls(queues, name, due), alone: pollAlone });
    const runner = createRunner({ ...options, queue: pollQueue(name) }, (delivery) => polls.deliver(delivery, () => traced(tracing, store, 'poll', delivery, () => pollStep(context, questions, delivery))));
    workers.push(fetcher, runner);
    runners.push(runner);
    pollRunners.set(desk, runner);
    const loop = createSubmitLoop(context, desk, fetcher, wake, (delivery) => submits.deliver(delivery, () => traced(tracing, store, 'submit', delivery, () => submitStep(context, answers, delivery))));
    loops.push(loop);
    watched.push({ consumer: submits, restsBecause: loop.restsBecause }, { consumer: polls, restsBecause: () => (runner.isPaused() ? 'paused' : null) });
  }
  const fetches = createConsumer(DOWNLOAD_QUEUE, deliveries);
  watched.push({ consumer: fetches, restsBecause: () => null });
  const fetchRunner = createRunner({ ...options, queue: DOWNLOAD_QUEUE, concurrency: deliveries }, (delivery) => fetches.deliver(delivery, () => traced(tracing, store, 'download', delivery, () => downloadStep(context, downloads, delivery))));
  const mailroom = createMailroom(context, options, tracing, webhooks);
  const postRunners = mailroom.runner === null ? [] : [mailroom.runner];
  if (mailroom.runner !== null) watched.push({ consumer: mailroom.consumer, restsBecause: () => null });
  workers.push(fetchRunner, ...postRunners);
  runners.push(fetchRunner, ...postRunners);
  const watch = createConsumptionWatch(store, watched, { log, meter }, stuckAfterMs);
  let turnedAt = Date.now();

  async function look(): Promise<void> {
    await judgeIntents(context, accounts);
    await applyPollPauses(context, pollRunners);
    await watch.look();
    turnedAt = Date.now();
  }

  return {
    async open() {
      await mark.start();
      const rescued = await replayRescueFiles(context);
      for (const account of accounts) await release(store, queues, await store.redis.smembers(store.keys.held(account)), ['origin']);
      if (rescued > 0) log.info({ rescued }, 'recorded what an earlier stop had left in a file');
    },
    async start() {
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
      await applyPollPauses(context, pollRunners);
      for (const worker of workers) await worker.startStalledCheckTimer();
      for (const runner of runners) void runner.run().catch((error: unknown) => log.error({ err: error }, 'a runner ended'));
      const sweep = createSweep(context, accounts, folders);
      services.push(
        ...loops.map((loop) => loop.run()),
        // Each shard's on its own: one whose slot moves waits for hours, and the others must not.
        everySecond('watch', log, stopping, look),
        // On its own: it waits for upstreams.
        everySecond('offers', log, stopping, createOfferWatch(context)),
        everySecond('ledger mark', log, stopping, () => mark.advance()),
        everySecond('breaker', log, stopping, () => closeBreakers(context, desks), BREAKER_REST_MS),
        everySecond('strays', log, stopping, () => lookAfterStrays(context, desks), STRAYS_REST_MS),
        everySecond('held', log, stopping, createHeldWatch(context, accounts), HELD_REST_MS),
        everySecond('sweep', log, stopping, () => sweep.pass(), SWEEP_REST_MS),
        mailroom.run(),
      );
    },
    turnedAt: () => turnedAt,
    fault: () => watch.fault(),
    submitting: () => loops.flatMap((loop) => loop.active()),
    publishWebhooks: () => mailroom.publish(),
    flushWebhooks: (mostMs) => mailroom.flush(mostMs),
    async idle() {
      await Promise.allSettled([...loops.map((loop) => loop.idle()), ...services]);
    },
    writeMark: () => mark.write(),
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await mailroom.close();
    },
  };
}
