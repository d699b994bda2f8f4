/**
 * What a worker runs in one shard: a gate and a runner of polls for each upstream whose account lives there (upstream-cast.ts), a runner of downloads, the
 * watches, the sweep, and the mailroom of webhooks. What there is one of in the process (connections, folders, disks, health) is given to it.
 */
import type { Worker } from 'bullmq';
import { type JobPayload, type RedisConnection, DOWNLOAD_QUEUE, release } from '@dailies/queue';
import { countTransition } from '@dailies/telemetry';
import type { Upstream, WorkerContext } from './context.ts';
import { type UpstreamParts, createUpstreamCast } from './upstream-cast.ts';
import type { BatchFolders } from './folder/batch-folder.ts';
import { createRunner } from './jobs/job-runner.ts';
import { createConsumer } from './measure/consumer.ts';
import { traced } from './measure/traced.ts';
import { type DownloadParts, downloadStep } from './steps/download.ts';
import { replayRescueFiles } from './submit/rescue.ts';
import { closeBreakers } from './watch/breaker.ts';
import { type Watched, createConsumptionWatch } from './watch/consumption.ts';
import { repeat } from './watch/repeat.ts';
import { createHeldWatch } from './watch/held.ts';
import { judgeIntents } from './watch/intents.ts';
import { createLedgerMark } from './watch/ledger-mark.ts';
import { createOfferWatch } from './watch/offers.ts';
import { applyPollPauses } from './watch/poll-gate.ts';
import { lookAfterStrays } from './watch/strays.ts';
import { createSweep } from './watch/sweep.ts';
import { type MailroomOptions, createMailroom } from './webhook/mailroom.ts';

export interface ShardParts extends Omit<UpstreamParts, 'options'> {
  /** With the store and the queues of this shard. */
  context: WorkerContext;
  /** The upstreams of the accounts that live in this shard. */
  upstreams: readonly Upstream[];
  jobs: RedisConnection;
  folders: Pick<BatchFolders, 'touch'>;
  downloads: DownloadParts;
  /** Deliveries of downloads at the same time. */
  deliveries: number;
  stuckAfterMs: number;
  webhooks: MailroomOptions | undefined;
}

export interface ShardCast {
  /** Compares the ledger with what was seen of it before, replays rescue files, and releases what was held until a worker of its account starts. */
  open(): Promise<void>;
  /** Resolves when every queue is being served. */
  start(): Promise<void>;
  /** Epoch milliseconds at which its watch last came to the end of a turn. */
  turnedAt(): number;
  /** What is due and not taken; null when nothing is. */
  fault(): string | null;
  /** Generations whose paid request is under way. */
  submitting(): string[];
  publishWebhooks(): Promise<void>;
  flushWebhooks(mostMs: number): Promise<number>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
  /** Writes the ledger mark to its file; works also while Redis is away. */
  writeMark(): Promise<void>;
  close(): Promise<void>;
}

const BREAKER_REST_MS = 2_000;
const SWEEP_REST_MS = 10_000;
const HELD_REST_MS = 10_000;
const STRAYS_REST_MS = 5_000;

export function createShardCast({ context: given, ...parts }: ShardParts): ShardCast {
  const { upstreams, folders, deliveries, tracing } = parts;
  const mark = createLedgerMark(given);
  const context: WorkerContext = { ...given, sawIntent: (event) => mark.saw(event) };
  const { config, store, queues, meter, log, lockMs } = context;
  const accounts = [...new Set(upstreams.map(({ account }) => account.id))];
  store.onChange = (change) => countTransition(meter, change);
  const options = {
    connection: parts.jobs,
    keys: store.keys,
    concurrency: config.workerConcurrency,
    lockMs,
    log,
    telemetry: tracing.bullmq,
  };
  const upstreamCasts = upstreams.map((upstream) => createUpstreamCast({ ...parts, context, options }, upstream));
  const gates = upstreamCasts.map(({ gate }) => gate);
  const pollRunners = new Map(upstreamCasts.map(({ upstream, polls }) => [upstream, polls]));
  const fetches = createConsumer(DOWNLOAD_QUEUE, deliveries);
  const fetchRunner = createRunner({ ...options, queue: DOWNLOAD_QUEUE, concurrency: deliveries }, (delivery) =>
    fetches.deliver(delivery, () => traced({ tracing, store }, 'download', delivery, () => downloadStep(context, parts.downloads, delivery))),
  );
  const mailroom = createMailroom(context, options, tracing, parts.webhooks);
  const postRunners = mailroom.runner === null ? [] : [mailroom.runner];
  const runners: Worker<JobPayload>[] = [...upstreamCasts.map(({ polls }) => polls), fetchRunner, ...postRunners];
  const workers = [...upstreamCasts.map(({ fetcher }) => fetcher), ...runners];
  const neverRests = (): null => null;
  const watched: Watched[] = [...upstreamCasts.flatMap((cast) => cast.watched), { consumer: fetches, restsBecause: neverRests }];
  if (mailroom.runner !== null) watched.push({ consumer: mailroom.consumer, restsBecause: neverRests });
  const watch = createConsumptionWatch(store, watched, { log, meter }, parts.stuckAfterMs);
  const services: Promise<void>[] = [];
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
        ...gates.map((gate) => gate.run()),
        // One for each shard: the watch of a shard whose Cluster slot moves may wait for hours, and must not hold up the others.
        repeat(context, 'watch', look),
        // Not a part of `look`: it waits for upstreams, which must not hold up the judging of intents.
        repeat(context, 'offers', createOfferWatch(context)),
        repeat(context, 'ledger mark', () => mark.advance()),
        repeat(context, 'breaker', () => closeBreakers(context, upstreams), BREAKER_REST_MS),
        repeat(context, 'strays', () => lookAfterStrays(context, upstreams), STRAYS_REST_MS),
        repeat(context, 'held', createHeldWatch(context, accounts), HELD_REST_MS),
        repeat(context, 'sweep', () => sweep.pass(), SWEEP_REST_MS),
        mailroom.run(),
      );
    },
    turnedAt: () => turnedAt,
    fault: () => watch.fault(),
    submitting: () => gates.flatMap((gate) => gate.active()),
    publishWebhooks: () => mailroom.publish(),
    flushWebhooks: (mostMs) => mailroom.flush(mostMs),
    async idle() {
      await Promise.allSettled([...gates.map((gate) => gate.idle()), ...services]);
    },
    writeMark: () => mark.write(),
    async close() {
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await mailroom.close();
    },
  };
}
