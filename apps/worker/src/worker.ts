/**
 * The worker as a service: a cast for each shard of the ledger (shard-cast.ts), and what is one for the process: the way to Redis and to the
 * upstreams, the keeper of the batch folders, the disks, health. `stop` has two acts: nothing new begins; what is under way is awaited until
 * the deadline.
 */
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { PROVIDER_NAMES, createUpstreamHttp } from '@dailies/providers';
import { openResults } from '@dailies/results';
import {
  type Config,
  type Log,
  type RedisConnection,
  type Store,
  agreeOnShards,
  closeRedis,
  connectForWorker,
  formerShards,
  holdTogether,
  loadPrices,
  openQueues,
  openStore,
  repairAll,
  shardOf,
  whenReady,
} from '@dailies/queue';
import { type Meter, NO_TRACING, type Tracing, beginTransitions, createMeter, createMetricsPage, measureRoundTrip } from '@dailies/telemetry';
import type { Desk, WorkerContext } from './context.ts';
import { createCallbackTrust } from './callbacks/callback-trust.ts';
import type { AtCrashPoint } from './crash-points.ts';
import { createAssetAgent } from './download/asset-agent.ts';
import { createDiskGuard } from './download/disk-guard.ts';
import { createDownloadPlaces, deliveriesFor } from './download/download-places.ts';
import { createBatchFolders } from './folder/batch-folder.ts';
import { createHealth } from './health.ts';
import { LOCK_MS } from './jobs/job-runner.ts';
import { measuredProviders } from './measure/measured-provider.ts';
import { createPacing } from './pacing/pacing.ts';
import { type ShardCast, createShardCast } from './shard-cast.ts';
import type { AcceptedAnswers } from './submit/accepted-answer.ts';
import { createReplicaGate } from './submit/replica-gate.ts';
import { writeRescueFiles } from './submit/rescue.ts';
import { STUCK_AFTER_MS } from './watch/consumption.ts';
import { everySecond } from './watch/every-second.ts';
import { createPresence } from './watch/presence.ts';
import { createWake } from './watch/wake.ts';
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
const FEW_DOWNLOADS = 2;
const DISK_REST_MS = 2_000;
const PACING_REST_MS = 5_000;
const CALLBACKS_REST_MS = 2_000;

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
  const queues = openQueues(store, log, tracing.bullmq);
  const context: WorkerContext = {
    config,
    store,
    queues,
    http: createUpstreamHttp({ timeoutMs: config.upstreamTimeoutMs }),
    results: openResults(config),
    providers: measuredProviders(meter, presence.sawPoll),
    meter,
    prices: loadPrices(config.pricesFile),
    pacing: createPacing(config, store, meter, log),
    callbacks: createCallbackTrust(config, store, queues, log),
    log,
    replicas,
    // Each shard has a mark of its own, which its cast keeps.
    sawIntent: () => undefined,
    stopping: stop.signal,
    lockMs,
    at,
  };
  const desks = PROVIDER_NAMES.flatMap((name): Desk[] => {
    const settings = config.providers[name];
    return settings.account === null ? [] : [{ provider: context.providers[name], settings, account: settings.account }];
  });
  const answers: AcceptedAnswers = new Map();
  let casts: ShardCast[] = [];
  const services: Promise<void>[] = [];
  const assetAgent = createAssetAgent({ allowPrivateAddresses: config.allowPrivateAddresses, stallMs: config.download.stallMs });
  const folders = createBatchFolders(context, open('events'));
  let turnedAt = Date.now();
  let listening: number | null = null;
  let isUp = false;
  beginTransitions(meter);
  const metrics = createMetricsPage(meter, store, config);
  const { workerHost: host, metricsToken } = config;
  const health = healthPort === null ? null : createHealth({ host, port: healthPort, store, metrics, metricsToken, lastTurnAt: () => Math.min(turnedAt, ...casts.map((cast) => cast.turnedAt())), consumptionFault });

  /** Beside the work: however much is on its way, nothing that is due waits for it. */
  async function repairLeft(): Promise<void> {
    try {
      const repaired = await repairAll(store, context.queues, stop.signal);
      if (repaired > 0) log.info({ repaired }, 'repaired what an earlier stop left');
    } catch (error) {
      log.warn({ err: error }, 'the repair of the start was cut off: the sweep goes on with it');
    }
  }

  async function start(): Promise<void> {
    await whenReady(redis, 30_000);
    await agreeOnShards(store);
    // Before any work is taken: who finds its port in use ends at once, and must not end in the middle of a paid request.
    listening = (await health?.start()) ?? null;
    const former = await formerShards(store);
    const wake = createWake(open('wake'), store);
    await wake.start();
    const jobs = open('jobs');
    const atOnce = Math.min(MOST_DOWNLOADS, config.workerConcurrency);
    const redisFolder = config.redisUrl === null ? path.join(config.stateFolder, 'redis') : null;
    const disks = createDiskGuard({ store, log, reserveBytes: config.download.diskReserveBytes, redisFolder });
    const downloads = { places: createDownloadPlaces(atOnce), disks, agent: assetAgent };
    const shared = { jobs, wake, answers, folders, downloads, tracing, stuckAfterMs, webhooks, pollAlone };
    casts = store.shards.map((shard) => {
      const own = desksOf(store, shard, desks, former);
      const ofShard = store.shards.length === 1 ? context : { ...context, store: shard, queues: context.queues.of(shard.number), log: log.child({ shard: shard.number }) };
      // Where no account lives there is little to fetch.
      return createShardCast({ ...shared, context: ofShard, desks: own, deliveries: deliveriesFor(own.length === 0 ? Math.min(FEW_DOWNLOADS, atOnce) : atOnce) });
    });
    await Promise.all(casts.map((cast) => cast.open()));
    // Before any of them submits.
    await holdTogether(store);
    await Promise.all(casts.map((cast) => cast.start()));
    services.push(
      everySecond('hold together', log, stop.signal, () => holdTogether(store)),
      everySecond('round trip', log, stop.signal, async () => {
        await measureRoundTrip(store, meter);
        turnedAt = Date.now();
      }),
      everySecond('pacing', log, stop.signal, () => context.pacing.flush(), PACING_REST_MS),
      everySecond('callbacks', log, stop.signal, () => context.callbacks.look(desks), CALLBACKS_REST_MS),
      everySecond('disk', log, stop.signal, () => disks.look(), DISK_REST_MS),
      repairLeft(),
      folders.run(),
      presence.run(),
    );
    isUp = true;
    log.info({ accounts: [...new Set(desks.map(({ account }) => account.id))], tag: config.redisTag, shards: config.shards }, 'worker is up');
  }

  function consumptionFault(): string | null {
    if (!isUp) return 'the worker is starting';
    const faults = [replicas.fault(), ...casts.map((cast) => cast.fault())].filter((fault) => fault !== null);
    return faults.length === 0 ? null : faults.join('; ');
  }

  /** Within the deadline and some seconds, also when Redis is gone for good: the ledger's commands then never end. */
  async function end(deadlineMs: number): Promise<void> {
    stop.abort();
    const deadline = Date.now() + deadlineMs;
    const undone: string[] = [];
    const part = async (what: string, until: number, work: Promise<unknown>): Promise<void> => {
      if (!(await within(until, work))) undone.push(what);
    };
    await part('wait for what was under way', deadline, Promise.allSettled([...casts.map((cast) => cast.idle()), ...services]));
    await writeRescueFiles(context, answers);
    await Promise.all(casts.map((cast) => cast.writeMark().catch((error: unknown) => log.warn({ err: error }, 'the ledger mark was not written'))));
    await part('give back its jobs', Math.max(deadline, Date.now() + 2_000), Promise.allSettled(casts.map((cast) => cast.close())));
    await part('take its leave', Date.now() + 1_000, presence.leave());
    await part('write down what it learned of paces', Date.now() + 1_000, context.pacing.flush().catch(() => undefined));
    await health?.stop();
    await part('close its queues', Date.now() + 2_000, context.queues.close());
    await context.http.close();
    context.results.close();
    await assetAgent.destroy();
    await Promise.all(connections.map((connection) => closeRedis(connection, 1_000)));
    if (undone.length > 0) log.warn({ undone, rescued: answers.size }, 'stopped without having done all: is Redis away? Nothing paid is lost, the next start goes on');
  }

  let stopped: Promise<void> | null = null;
  return {
    start,
    healthPort: () => listening,
    stop: (deadlineMs) => (stopped ??= end(deadlineMs)),
    async flushWebhooks(mostMs) {
      // Before any of them waits: the end of a batch is told by its home, wherever the last of it ended.
      await Promise.all(casts.map((cast) => cast.publishWebhooks()));
      const waiting = await Promise.all(casts.map((cast) => cast.flushWebhooks(mostMs)));
      return waiting.reduce((sum, count) => sum + count, 0);
    },
    writeFolder: (batch) => folders.write(batch),
    submitting: () => casts.flatMap((cast) => cast.submitting()),
  };
}

/**
 * The accounts that live in a shard. Where the ledger once had another number of shards, what a person retries goes on where it was recorded then:
 * there every other account is served as well, one at a time, so that its limit is passed by one at most.
 */
function desksOf(store: Store, shard: Store, desks: readonly Desk[], former: number): Desk[] {
  return desks.flatMap((desk) => {
    if (shardOf(store, desk.account.id).number === shard.number) return [desk];
    if (shard.number >= former) return [];
    return [{ ...desk, account: { ...desk.account, maxInFlight: 1 }, settings: { ...desk.settings, maxInFlight: 1 } }];
  });
}

/** Whether it ended in time. BullMQ's own close waits without a limit, and so does a command to a Redis that is gone. */
async function within(deadline: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - Date.now()), false);
  });
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}
