/**
 * One run's world: a simulator, a ledger under a tag of its own, a folder, and worker processes that come and go. It accepts work as a
 * producer does, and remembers what was acknowledged: that, and nothing else, must be kept.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { PROVIDERS, type ProviderName } from '@dailies/providers';
import { type Config, type NewGeneration, type Queues, type RedisConnection, type Store, awaitReplicas, connectForWorker, createGenerations, createLog, handOver, loadConfig, openQueues, openStore, readEvents, readGenerations, readStates } from '@dailies/queue';
import { type Simulator, type SimulatorOptions, startSimulator } from '@dailies/simulator';
import { type ChaosWorker, startWorker } from './chaos-worker.ts';
import { LOCK_MS, SPEED, chaosEnvironment } from './environment.ts';
import type { WorkerOrder } from './order.ts';
import { type Proxy, startProxy } from './proxy.ts';

export interface StageOptions {
  name: string;
  /** The Redis of the harness, and of the workers unless they go another way. */
  redisUrl: string;
  workersRedisUrl?: string | undefined;
  /** How many replicas must have an intent before its request leaves. */
  replicas?: number | undefined;
  /** Where the folder of this stage is made. */
  folder: string;
  /** The bundled worker process. */
  program: string;
  simulator?: SimulatorOptions | undefined;
  environment?: Record<string, string> | undefined;
}

export interface Stage {
  name: string;
  folder: string;
  simulator: Simulator;
  /** Between the workers and the upstream's API. */
  upstream: Proxy;
  config: Config;
  redis: RedisConnection;
  /** A connection of its own, for whoever blocks it. */
  connect: () => RedisConnection;
  store: Store;
  queues: Queues;
  /** Ids whose acceptance was acknowledged. */
  accepted: string[];
  /** What every process of this stage is told. */
  order: Pick<WorkerOrder, 'redisUrl' | 'environment' | 'folder'>;
  worker(order?: Partial<Pick<WorkerOrder, 'trap' | 'clockJumps' | 'lockMs'>>): ChaosWorker;
  workers(): ChaosWorker[];
  /** Tries until it is acknowledged, as somebody with an Idempotency-Key would. */
  accept(batch: string, providers: readonly ProviderName[]): Promise<string[]>;
  /** Resolves when all of these have ended or ask for a person; answers those that had not by the deadline. */
  settled(ids: readonly string[], deadlineMs: number): Promise<string[]>;
  close(keepFolder: boolean): Promise<void>;
}

const SETTLED = ['succeeded', 'failed', 'canceled', 'unresolved'];

export async function openStage(options: StageOptions): Promise<Stage> {
  const folder = path.join(options.folder, options.name);
  await mkdir(folder, { recursive: true });
  const simulator = await startSimulator({ speed: SPEED, limits: { allegro: 60, kling: 60, acedata: 60 }, ...options.simulator });
  const upstream = await startProxy(simulator.port);
  const environment = { ...chaosEnvironment(`http://127.0.0.1:${upstream.port}`, `chaos-${options.name}`), REDIS_REPLICAS: String(options.replicas ?? 0), ...options.environment };
  const config = loadConfig(environment, { root: folder, cwd: folder });
  const connect = (): RedisConnection => connectForWorker(options.redisUrl, { name: 'stage', log: createLog({ level: 'silent', name: 'stage' }) });
  const redis = connect();
  const store = openStore(redis, config.redisTag, config.shards);
  const queues = openQueues(store, { info: () => undefined, warn: () => undefined });
  const workers: ChaosWorker[] = [];
  const order = { redisUrl: options.workersRedisUrl ?? options.redisUrl, environment, folder };
  const accepted: string[] = [];
  let numbered = 0;

  async function settled(ids: readonly string[], deadlineMs: number): Promise<string[]> {
    const deadline = Date.now() + deadlineMs;
    const events = connect();
    try {
      let after = '0-0';
      for (;;) {
        const states = await readStates(store, ids);
        const open = ids.filter((id) => !SETTLED.includes(states.get(id) ?? 'gone'));
        if (open.length === 0 || Date.now() > deadline) return open;
        after = (await readEvents(events, store, after, 500)).at(-1)?.at ?? after;
      }
    } finally {
      events.disconnect();
    }
  }

  return {
    name: options.name,
    folder,
    simulator,
    upstream,
    config,
    redis,
    connect,
    store,
    queues,
    accepted,
    order,
    workers: () => workers,
    worker(more = {}) {
      const logFile = path.join(folder, `worker-${workers.length + 1}.log`);
      const worker = startWorker(options.program, { ...order, lockMs: LOCK_MS, ...more }, logFile);
      workers.push(worker);
      return worker;
    },
    async accept(batch, providers) {
      const first = numbered;
      numbered += providers.length;
      const items = providers.map((provider, at) => item(config, provider, `${batch}-${first + at}`, options.name));
      for (;;) {
        try {
          const result = await createGenerations(store, { batch, lane: batch, attended: false, items });
          if (result.outcome !== 'accepted') throw new Error(`not accepted: ${result.outcome}`);
          await awaitReplicas(store, config.redisReplicas, batch, items);
          accepted.push(...items.map(({ id }) => id));
          const created = await readGenerations(store, items.map(({ id }) => id));
          await handOver(store, queues, created.filter((one) => one?.state === 'queued').filter((one) => one !== null && one !== undefined));
          return items.map(({ id }) => id);
        } catch (error) {
          if (error instanceof Error && error.message.startsWith('not accepted')) throw error;
        }
      }
    },
    settled,
    async close(keepFolder) {
      await Promise.all(workers.map((worker) => worker.kill()));
      await queues.close();
      redis.disconnect();
      await upstream.close();
      await simulator.close();
      if (!keepFolder) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Each prompt is another one: so a paid submit tells whose it was. */
function item(config: Config, provider: ProviderName, id: string, stage: string): NewGeneration {
  const account = config.providers[provider].account;
  if (account === null) throw new Error(`no account for ${provider}`);
  const ask = { prompt: promptOf(stage, id) };
  return { id, provider, account: account.id, ask, request: PROVIDERS[provider].request.parse(ask), fingerprint: id, priority: 1, metadata: null };
}

export function promptOf(stage: string, id: string): string {
  return `paper boats on a river of ink, take ${id} of ${stage}`;
}
