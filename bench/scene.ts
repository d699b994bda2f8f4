/** A system for a measurement, in this process: embedded Redis, simulator, ledger and workers. Everything is gone after `close`. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  closeRedis, connectForWorker, createGenerations, createLog, handOver, loadConfig, openQueues, openStore, readGenerations, startEmbeddedRedis,
  type Config, type Desk, type PreparedItem,
} from '@dailies/queue';
import { type Simulator, type SimulatorOptions, startSimulator } from '@dailies/simulator';
import { type WorkerService, createWorker } from '@dailies/worker';
import { newGeneration } from './new-generation.ts';

export interface Scene extends Desk {
  config: Config;
  redisUrl: string;
  account: string;
  simulator: Simulator;
  /** Enqueues so many Hailuo prompts, `line 0` …, in one batch; answers their ids. */
  enqueue(count: number): Promise<string[]>;
  worker(changes?: { pollAlone?: boolean }): Promise<WorkerService>;
  /** So many prepared Hailuo requests, whose ids begin with this name. */
  items(count: number, name: string): PreparedItem[];
  /** Commands Redis has processed so far. */
  redisCommands(): Promise<number>;
  close(): Promise<void>;
}

export async function openScene(simulation: SimulatorOptions, environment: Record<string, string>): Promise<Scene> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  const log = createLog({ level: 'silent', name: 'bench' });
  const embedded = await startEmbeddedRedis({ folder, log });
  const simulator = await startSimulator(simulation);
  // Polling that learns would change the pace while something else is measured.
  const paces = { POLL_LEARNED: 'off', HAILUO_FIRST_POLL_MS: '100', HAILUO_POLL_MIN_MS: '50', HAILUO_POLL_MAX_MS: '200' };
  const config = loadConfig(
    {
      ACEDATA_API_KEY: 'bench',
      ACEDATA_BASE_URL: simulator.url,
      ALLOW_PRIVATE_ADDRESSES: 'on',
      OUT_DIR: 'out',
      DAILIES_DIR: 'state',
      ...paces,
      ...environment,
    },
    { root: folder, cwd: folder },
  );
  const redis = connectForWorker(embedded.url, { name: 'bench', log });
  const store = openStore(redis, config.redisTag, config.shards);
  const queues = openQueues(store, log);
  const account = config.providers.hailuo.account?.id ?? '';
  const workers: WorkerService[] = [];
  return {
    store,
    queues,
    config,
    redisUrl: embedded.url,
    account,
    simulator,
    async enqueue(count) {
      const items = Array.from({ length: count }, (_, at) => newGeneration({ id: `b-${at}`, provider: 'hailuo', account, prompt: `line ${at}` }));
      await createGenerations(store, { batch: 'bench', lane: 'bench', attended: false, items });
      const ids = items.map(({ id }) => id);
      for (let at = 0; at < ids.length; at += 1_000) {
        await handOver(store, queues, (await readGenerations(store, ids.slice(at, at + 1_000))).filter((one) => one !== null));
      }
      return ids;
    },
    items(count, name) {
      return Array.from({ length: count }, (_, at) => {
        const prompt = `a boat on a river of ink, number ${at} of ${name}`;
        return { generation: newGeneration({ id: `${name}-${at}`, provider: 'hailuo', account, prompt, fingerprint: `${name} ${at}` }), images: [] };
      });
    },
    async worker(changes = {}) {
      const worker = createWorker({ config, redisUrl: embedded.url, log, healthPort: null, ...changes });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    async redisCommands() {
      return Number(/total_commands_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.stop(10_000)));
      await queues.close();
      await simulator.close();
      await closeRedis(redis, 1_000);
      await embedded.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
