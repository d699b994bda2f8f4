/**
 * The worker as a service. It runs a cast for each shard of the ledger (shard-casts.ts). The casts share what there is one of in a process: the
 * connections to Redis, the HTTP client of the upstreams, the writer of the batch folders, the guard of the disks, the health server. `stop` first
 * lets nothing new begin, and then waits for what is under way, until its deadline.
 */
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { createUpstreamHttp } from '@dailies/providers';
import { openResults } from '@dailies/results';
import {
  type Config,
  type Log,
  REDIS_FULL,
  agreeOnShards,
  holdTogether,
  isRedisFull,
  loadPrices,
  openQueues,
  openStore,
  whenReady,
} from '@dailies/queue';
import { type Meter, NO_TRACING, type Tracing, beginTransitions, createMeter, createMetricsPage, measureRoundTrip } from '@dailies/telemetry';
import { createCallbackTrust } from './callbacks/callback-trust.ts';
import { createConnections } from './connections.ts';
import type { WorkerContext } from './context.ts';
import type { AtCrashPoint } from './crash-points.ts';
import { upstreamsOf } from './upstreams.ts';
import { createAssetAgent } from './download/asset-agent.ts';
import { createDiskGuard } from './download/disk-guard.ts';
import { createStoreWaits } from './download/store-waits.ts';
import { createBatchFolders } from './folder/batch-folder.ts';
import { createHealth } from './health.ts';
import { LOCK_MS } from './jobs/job-runner.ts';
import { measuredProviders } from './measure/measured-provider.ts';
import { createPacing } from './pacing/pacing.ts';
import { createShardCasts } from './shard-casts.ts';
import type { AcceptedAnswers } from './submit/accepted-answer.ts';
import { createReplicaGate } from './submit/replica-gate.ts';
import { writeRescueFiles } from './submit/rescue.ts';
import { createTimedParts } from './timed-parts.ts';
import { STUCK_AFTER_MS } from './watch/consumption.ts';
import { repeat } from './watch/repeat.ts';
import { createPresence } from './watch/presence.ts';
import { repairLeft } from './watch/repair-left.ts';
import type { MailroomOptions } from './webhook/mailroom.ts';

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
  /** Called each time a connection to Redis is lost, so that an embedded Redis that is gone can be started again. */
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

const READY_WITHIN_MS = 30_000;
const DISK_REST_MS = 2_000;
const WAITS_REST_MS = 3_000;
const PACING_REST_MS = 5_000;
const CALLBACKS_REST_MS = 2_000;
/** The pages of ten thousand results are written in less. */
const LAST_PAGES_MS = 3_000;

export function createWorker(options: WorkerOptions): WorkerService {
  const { config, redisUrl, log, healthPort, webhooks } = options;
  const { meter = createMeter(), tracing = NO_TRACING, at = () => undefined } = options;
  const { stuckAfterMs = STUCK_AFTER_MS, lockMs = LOCK_MS, pollAlone = false } = options;
  const connections = createConnections(redisUrl, log, options.onRedisLost);
  const redis = connections.open('ledger');
  const stop = new AbortController();
  // Each request under way listens to this signal; Node would warn of a leak from the eleventh on.
  setMaxListeners(0, stop.signal);
  const store = openStore(redis, config.redisTag, config.shards);
  const replicas = createReplicaGate(config.redisReplicas, log);
  const presence = createPresence({ config, store, log, stopping: stop.signal, replicas }, healthPort);
  const queues = openQueues(store, log, tracing.bullmq);
  const context: WorkerContext = {
    config,
    store,
    queues,
    http: createUpstreamHttp({ timeoutMs: config.upstreamTimeoutMs }),
    results: openResults({ ...config, stopping: stop.signal }),
    providers: measuredProviders(meter, presence.sawPoll),
    meter,
    prices: loadPrices(config.pricesFile),
    pacing: createPacing(config, store, meter, log),
    callbacks: createCallbackTrust(config, store, queues, log),
    log,
    replicas,
    // Each shard has a ledger mark of its own: its cast puts a function of that mark here (shard-cast.ts).
    sawIntent: () => undefined,
    stopping: stop.signal,
    lockMs,
    at,
  };
  const upstreams = upstreamsOf(context);
  const answers: AcceptedAnswers = new Map();
  const services: Promise<void>[] = [];
  let following: Promise<void> = Promise.resolve();
  const assetAgent = createAssetAgent({ allowPrivateAddresses: config.allowPrivateAddresses, stallMs: config.download.stallMs });
  // A stop still writes pages.
  const pageResults = openResults(config);
  const folders = createBatchFolders({ ...context, results: pageResults }, connections.open('events'));
  const redisFolder = config.redisUrl === null ? path.join(config.stateFolder, 'redis') : null;
  const disks = createDiskGuard({ store, log, reserveBytes: config.download.diskReserveBytes, redisFolder });
  const waits = createStoreWaits(store);
  const downloads = { disks, waits, agent: assetAgent };
  const casts = createShardCasts({ context, upstreams, connections, answers, folders, downloads, tracing, stuckAfterMs, webhooks, pollAlone });
  let turnedAt = Date.now();
  let listening: number | null = null;
  let isUp = false;
  beginTransitions(meter);
  const health = healthPort === null ? null : createHealth({
    host: config.workerHost,
    port: healthPort,
    store,
    metrics: createMetricsPage(meter, store, config),
    metricsToken: config.metricsToken,
    lastTurnAt: () => Math.min(turnedAt, casts.turnedAt()),
    consumptionFault,
  });

  async function start(): Promise<void> {
    await whenReady(redis, READY_WITHIN_MS);
    await agreeOnShards(store);
    // Before any job is taken: a worker whose port is in use ends here, and must not end in the middle of a paid request.
    listening = (await health?.start()) ?? null;
    await casts.start();
    services.push(
      repeat(context, 'hold together', () => holdTogether(store)),
      repeat(context, 'round trip', async () => {
        await measureRoundTrip(store, meter);
        turnedAt = Date.now();
      }),
      repeat(context, 'pacing', () => context.pacing.flush(), PACING_REST_MS),
      repeat(context, 'callbacks', () => context.callbacks.look(upstreams), CALLBACKS_REST_MS),
      repeat(context, 'disk', () => disks.look(), DISK_REST_MS),
      repeat(context, 'downloads that wait', () => waits.tell(), WAITS_REST_MS),
      repairLeft(context),
      presence.run(),
    );
    following = folders.run();
    isUp = true;
    const accounts = [...new Set(upstreams.map(({ account }) => account.id))];
    log.info({ accounts, tag: config.redisTag, shards: config.shards }, 'worker is up');
  }

  function consumptionFault(): string | null {
    if (!isUp) return 'the worker is starting';
    const faults = [replicas.fault(), ...casts.faults()].filter((fault) => fault !== null);
    return faults.length === 0 ? null : faults.join('; ');
  }

  /** Ends within the deadline and some seconds. Every part that asks Redis is bounded: with Redis gone for good its commands would never end. */
  async function end(deadlineMs: number): Promise<void> {
    stop.abort();
    const deadline = Date.now() + deadlineMs;
    const parts = createTimedParts();
    // The folders are written at once, too: a process that is killed before its submits are answered leaves in them what is paid for.
    const pages = Promise.allSettled([following, folders.finish(Date.now() + LAST_PAGES_MS)]);
    const written = Promise.race([pages, rest(LAST_PAGES_MS + 500, undefined, { ref: false })]);
    await parts.part('wait for what was under way', deadline, Promise.allSettled([casts.idle(), ...services, written]));
    await writeRescueFiles(context, answers);
    await casts.writeMarks();
    await parts.part('give back its jobs', Math.max(deadline, Date.now() + 2_000), casts.close());
    const lastPages = Date.now() + LAST_PAGES_MS;
    // The folder that is begun last is awaited for a moment; so is a large one that was begun at once.
    await parts.part('write the last results into their folders', lastPages + 500, Promise.allSettled([pages, folders.finish(lastPages)]));
    await parts.part('take its leave', Date.now() + 1_000, presence.leave());
    await parts.part('write down what it learned of paces', Date.now() + 1_000, context.pacing.flush().catch(() => undefined));
    await health?.stop();
    await parts.part('close its queues', Date.now() + 2_000, context.queues.close());
    await context.http.close();
    context.results.close();
    pageResults.close();
    await assetAgent.destroy();
    await connections.close();
    const undone = parts.undone();
    if (undone.length === 0) return;
    log.warn(
      { undone, rescued: answers.size },
      'stopped without having done all: is Redis away? Or the place of the results? Nothing paid is lost, the next start goes on',
    );
  }

  let stopped: Promise<void> | null = null;
  return {
    start: () => start().catch(sayWhyNot),
    healthPort: () => listening,
    stop: (deadlineMs) => (stopped ??= end(deadlineMs)),
    flushWebhooks: (mostMs) => casts.flushWebhooks(mostMs),
    writeFolder: (batch) => folders.write(batch),
    submitting: () => casts.submitting(),
  };
}

function sayWhyNot(error: unknown): never {
  if (!isRedisFull(error)) throw error;
  throw new Error(`${REDIS_FULL.what} ${REDIS_FULL.remedy} This process ends: start it again then, if no service manager does.`, { cause: error });
}
