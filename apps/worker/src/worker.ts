/**
 * The worker as a service. Read `start` as the cast list: gates that submit, runners that poll and download, the watch over intents, the
 * keeper of the batch folders, the mailroom of webhooks, health. `stop` has two acts: nothing new begins; what is under way is awaited until the deadline.
 */
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { Worker } from 'bullmq';
import { PROVIDER_NAMES, createUpstreamHttp } from '@dailies/providers';
import { openResults } from '@dailies/results';
import {
  type Config,
  type JobPayload,
  type Log,
  type RedisConnection,
  DOWNLOAD_QUEUE,
  callUpPolls,
  closeRedis,
  connectForWorker,
  loadPrices,
  openQueues,
  openStore,
  pollQueue,
  release,
  repairAll,
  submitQueue,
  whenReady,
} from '@dailies/queue';
import { type Meter, NO_TRACING, type Tracing, countTransition, createMeter, createMetricsPage, measureRoundTrip } from '@dailies/telemetry';
import { type Desk, type WorkerContext, access } from './context.ts';
import type { AtCrashPoint } from './crash-points.ts';
import { createAssetAgent } from './download/asset-agent.ts';
import { createDiskGuard } from './download/disk-guard.ts';
import { createDownloadPlaces, deliveriesFor } from './download/download-places.ts';
import { createBatchFolders } from './folder/batch-folder.ts';
import { createHealth } from './health.ts';
import { LOCK_MS, createFetcher, createRunner } from './jobs/job-runner.ts';
import { createConsumer } from './measure/consumer.ts';
import { measuredProviders } from './measure/measured-provider.ts';
import { traced } from './measure/traced.ts';
import { createPacing } from './pacing/pacing.ts';
import { createQuestions } from './questions/questions.ts';
import { downloadStep } from './steps/download.ts';
import { pollStep } from './steps/poll.ts';
import { submitStep } from './steps/submit.ts';
import type { AcceptedAnswers } from './submit/accepted-answer.ts';
import { replayRescueFiles, writeRescueFiles } from './submit/rescue.ts';
import { createReplicaGate } from './submit/replica-gate.ts';
import { type SubmitLoop, createSubmitLoop } from './submit/submit-loop.ts';
import { closeBreakers } from './watch/breaker.ts';
import { createConsumptionWatch, STUCK_AFTER_MS, type ConsumptionWatch, type Watched } from './watch/consumption.ts';
import { everySecond } from './watch/every-second.ts';
import { judgeIntents } from './watch/intents.ts';
import { takeOffers } from './watch/offers.ts';
import { createLedgerMark } from './watch/ledger-mark.ts';
import { applyPollPauses } from './watch/poll-gate.ts';
import { createPresence } from './watch/presence.ts';
import { lookAfterStrays } from './watch/strays.ts';
import { createSweep } from './watch/sweep.ts';
import { createWake } from './watch/wake.ts';
import { type Mailroom, type MailroomOptions, createMailroom } from './webhook/mailroom.ts';

export interface WorkerOptions {
  config: Config;
  /** Where the ledger is: REDIS_URL, or the embedded Redis. */
  redisUrl: string;
  log: Log;
  /** Port of /healthz, /readyz and /metrics; null: none (a `dailies run`). */
  healthPort: number | null;
  /** Shared with others of this process; default: its own. */
  meter?: Meter;
  /** Default: none. Opened and stopped by whoever passes it. */
  tracing?: Tracing;
  /** For tests: milliseconds after which a due job that nobody takes means that consumption is stuck. */
  stuckAfterMs?: number;
  /** Told at each loss of the connection: the embedded Redis is started again by whoever finds it gone. */
  onRedisLost?: () => void;
  /** For the chaos suite: called at every named gap between two effects. */
  at?: AtCrashPoint;
  /** For the bench: every task is asked about alone. */
  pollAlone?: boolean;
  /** For the chaos suite: a shorter life of the locks of jobs. */
  lockMs?: number;
  /** For tests. */
  webhooks?: MailroomOptions;
}

export interface WorkerService {
  /** Resolves when every queue is being served. */
  start(): Promise<void>;
  /** The port that the health endpoints really have; null: none. */
  healthPort(): number | null;
  /** Tolerates being called twice, or before start. */
  stop(deadlineMs: number): Promise<void>;
  /** Writes manifest and contact sheet of this batch now (they are written as results arrive anyway). */
  writeFolder(batch: string): Promise<void>;
  /** Waits until the webhooks that are due were tried, `mostMs` at most. Answers how many events still wait for another try. */
  flushWebhooks(mostMs: number): Promise<number>;
  /** Generations whose paid request is under way at this moment: what a hard stop could make ambiguous. */
  submitting(): string[];
}

const MOST_DOWNLOADS = 16;
const BREAKER_REST_MS = 2_000;
const SWEEP_REST_MS = 10_000;
const STRAYS_REST_MS = 5_000;
const DISK_REST_MS = 2_000;
const PACING_REST_MS = 5_000;

export function createWorker({ config, redisUrl, log, healthPort, onRedisLost, meter = createMeter(), tracing = NO_TRACING, stuckAfterMs = STUCK_AFTER_MS, at = () => undefined, lockMs = LOCK_MS, webhooks, pollAlone = false }: WorkerOptions): WorkerService {
  const connect = (name: string): RedisConnection => connectForWorker(redisUrl, { name: `worker-${name}`, log, ...(onRedisLost === undefined ? {} : { onLost: onRedisLost }) });
  const connections: RedisConnection[] = [];
  const open = (name: string): RedisConnection => {
    const connection = connect(name);
    connections.push(connection);
    return connection;
  };
  const redis = open('ledger');
  const stop = new AbortController();
  // One listener for each request under way.
  setMaxListeners(0, stop.signal);
  const store = openStore(redis, config.redisTag, config.shards);
  const presence = createPresence({ store, log, stopping: stop.signal }, healthPort);
  const replicas = createReplicaGate(config.redisReplicas, log);
  const mark = createLedgerMark({ config, store, log });
  const context: WorkerContext = {
    config,
    store,
    queues: openQueues(store, log, tracing.bullmq),
    http: createUpstreamHttp({ timeoutMs: config.upstreamTimeoutMs }),
    results: openResults(config),
    providers: measuredProviders(meter, presence.sawPoll),
    meter,
    prices: loadPrices(config.pricesFile),
    pacing: createPacing(config, store, meter, log),
    log,
    replicas,
    sawIntent: (event) => mark.saw(event),
    stopping: stop.signal,
    lockMs,
    at,
  };
  const desks = PROVIDER_NAMES.flatMap((name): Desk[] => {
    const settings = config.providers[name];
    return settings.account === null ? [] : [{ provider: context.providers[name], settings, account: settings.account }];
  });
  const answers: AcceptedAnswers = new Map();
  const loops: SubmitLoop[] = [];
  const workers: Worker<JobPayload>[] = [];
  const services: Promise<void>[] = [];
  const assetAgent = createAssetAgent({ allowPrivateAddresses: config.allowPrivateAddresses, stallMs: config.download.stallMs });
  const folders = createBatchFolders(context, open('events'));
  let mailroom: Mailroom | null = null;
  let turnedAt = Date.now();
  store.seen = (change) => countTransition(meter, change);
  let consumption: ConsumptionWatch | null = null;
  let listening: number | null = null;
  const metrics = createMetricsPage(meter, store, config);
  const { workerHost: host, metricsToken } = config;
  const health = healthPort === null ? null : createHealth({ host, port: healthPort, store, metrics, metricsToken, lastTurnAt: () => turnedAt, consumptionFault: () => replicas.fault() ?? consumption?.fault() ?? null });

  /** Beside the work: however much is on its way, nothing that is due waits for it. */
  async function repairLeft(): Promise<void> {
    try {
      const [seconds] = await store.redis.time();
      const repaired = await repairAll(store, context.queues, Number(seconds) * 1000, stop.signal);
      if (repaired > 0) log.info({ repaired }, 'repaired what an earlier stop left');
    } catch (error) {
      log.warn({ err: error }, 'the repair of the start was cut off: the sweep goes on with it');
    }
  }

  async function start(): Promise<void> {
    await whenReady(redis, 30_000);
    await mark.start();
    const rescued = await replayRescueFiles(context);
    const accounts = [...new Set(desks.map(({ account }) => account.id))];
    for (const account of accounts) await release(store, context.queues, await store.redis.smembers(store.keys.held(account)), ['origin']);
    if (rescued > 0) log.info({ rescued }, 'recorded what an earlier stop had left in a file');

    const sweep = createSweep(context, accounts, folders);
    const wake = createWake(open('wake'), store);
    await wake.start();
    const pollRunners = new Map<Desk, Worker<JobPayload>>();
    const jobs = open('jobs');
    const options = { connection: jobs, keys: store.keys, concurrency: config.workerConcurrency, lockMs, log, telemetry: tracing.bullmq };
    const watched: Watched[] = [];
    for (const desk of desks) {
      const { name } = desk.settings;
      const submits = createConsumer(submitQueue(name), desk.settings.maxInFlight);
      const polls = createConsumer(pollQueue(name), config.workerConcurrency, (late) => meter.observe('dailies_poll_lateness_seconds', { provider: name }, late));
      const fetcher = createFetcher({ ...options, queue: submitQueue(name) });
      const call = { access: access(desk), http: context.http, signal: stop.signal };
      const questions = createQuestions({ provider: desk.provider, call, hands: polls, callUp: (jobs) => callUpPolls(context.queues, name, jobs), alone: pollAlone });
      const runner = createRunner({ ...options, queue: pollQueue(name) }, (delivery) => polls.deliver(delivery, () => traced(tracing, store, 'poll', delivery, () => pollStep(context, questions, delivery))));
      workers.push(fetcher, runner);
      pollRunners.set(desk, runner);
      const loop = createSubmitLoop(context, desk, fetcher, wake, (delivery) => submits.deliver(delivery, () => traced(tracing, store, 'submit', delivery, () => submitStep(context, answers, delivery))));
      loops.push(loop);
      watched.push({ consumer: submits, restsBecause: loop.restsBecause }, { consumer: polls, restsBecause: () => (runner.isPaused() ? 'paused' : null) });
    }
    const atOnce = Math.min(MOST_DOWNLOADS, config.workerConcurrency);
    const redisFolder = config.redisUrl === null ? path.join(config.stateFolder, 'redis') : null;
    const disks = createDiskGuard({ store, log, reserveBytes: config.download.diskReserveBytes, redisFolder });
    const desk = { places: createDownloadPlaces(atOnce), disks, agent: assetAgent };
    const fetches = createConsumer(DOWNLOAD_QUEUE, deliveriesFor(atOnce));
    watched.push({ consumer: fetches, restsBecause: () => null });
    const downloads = createRunner({ ...options, queue: DOWNLOAD_QUEUE, concurrency: deliveriesFor(atOnce) }, (delivery) => fetches.deliver(delivery, () => traced(tracing, store, 'download', delivery, () => downloadStep(context, desk, delivery))));
    mailroom = createMailroom(context, options, tracing, webhooks);
    const postRunners = mailroom.runner === null ? [] : [mailroom.runner];
    workers.push(downloads, ...postRunners);
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));

    const watch = createConsumptionWatch(store, watched, { log, meter }, stuckAfterMs);
    consumption = watch;
    await applyPollPauses(context, pollRunners);
    for (const worker of workers) await worker.startStalledCheckTimer();
    for (const runner of [...pollRunners.values(), downloads, ...postRunners]) void runner.run().catch((error: unknown) => log.error({ err: error }, 'a runner ended'));
    services.push(
      ...loops.map((loop) => loop.run()),
      everySecond('watch', log, stop.signal, async () => {
        await judgeIntents(context, accounts);
        await applyPollPauses(context, pollRunners);
        await measureRoundTrip(store, meter);
        await watch.look();
        turnedAt = Date.now();
      }),
      // On its own: it waits for upstreams.
      everySecond('offers', log, stop.signal, () => takeOffers(context)),
      everySecond('ledger mark', log, stop.signal, () => mark.advance()),
      everySecond('breaker', log, stop.signal, () => closeBreakers(context, desks), BREAKER_REST_MS),
      everySecond('strays', log, stop.signal, () => lookAfterStrays(context, desks), STRAYS_REST_MS),
      everySecond('sweep', log, stop.signal, () => sweep.pass(), SWEEP_REST_MS),
      everySecond('pacing', log, stop.signal, () => context.pacing.flush(), PACING_REST_MS),
      everySecond('disk', log, stop.signal, () => disks.look(), DISK_REST_MS),
      repairLeft(),
      folders.run(),
      presence.run(),
      mailroom.run(),
    );
    listening = (await health?.start()) ?? null;
    log.info({ accounts, tag: config.redisTag }, 'worker is up');
  }

  async function end(deadlineMs: number): Promise<void> {
    stop.abort();
    const deadline = Date.now() + deadlineMs;
    await within(deadline, Promise.allSettled([...loops.map((loop) => loop.idle()), ...services]));
    await writeRescueFiles(context, answers);
    await mark.write().catch((error: unknown) => log.warn({ err: error }, 'the ledger mark was not written'));
    await within(Math.max(deadline, Date.now() + 2_000), Promise.allSettled(workers.map((worker) => worker.close())));
    await presence.leave();
    await within(Date.now() + 1_000, context.pacing.flush().catch(() => undefined));
    await health?.stop();
    await within(Date.now() + 2_000, context.queues.close());
    await context.http.close();
    context.results.close();
    await assetAgent.destroy();
    await mailroom?.close();
    await Promise.all(connections.map((connection) => closeRedis(connection, 1_000)));
  }

  let stopped: Promise<void> | null = null;
  return {
    start,
    healthPort: () => listening,
    stop: (deadlineMs) => (stopped ??= end(deadlineMs)),
    flushWebhooks: async (mostMs) => (await mailroom?.flush(mostMs)) ?? 0,
    writeFolder: (batch) => folders.write(batch),
    submitting: () => loops.flatMap((loop) => loop.active()),
  };
}

/** BullMQ's own close waits without a limit, and can hang when Redis dies. */
async function within(deadline: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - Date.now()));
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
