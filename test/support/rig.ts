/**
 * A whole system for one test: the simulator on real ports, its own ledger and folder, and as many workers as wanted. Everything is stopped when the
 * test ends, and the test fails if anything is left behind.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { PROVIDERS, PROVIDER_NAMES, type Ask, type ProviderName } from '@dailies/providers';
import { type Config, type NewGeneration, type State, createGenerations, createLog, handOver, loadConfig, readEvents, readGenerations, readStates } from '@dailies/queue';
import { type Simulator, type SimulatorOptions, startSimulator } from '@dailies/simulator';
import { type WorkerService, createWorker } from '@dailies/worker';
import type { AtCrashPoint } from '../../apps/worker/src/crash-points.ts';
import { type TestLedger, openTestLedger } from './ledger.ts';
import { TEST_SHARDS } from './shards.ts';

export interface Rig extends TestLedger {
  simulator: Simulator;
  config: Config;
  /** The environment that the configuration was made from, for separate processes. */
  environment: Record<string, string>;
  folder: string;
  /** Starts a worker. `at` is called at its crash points. */
  worker(changes?: Record<string, string>, at?: AtCrashPoint): Promise<WorkerService>;
  enqueue(batch: string, asks: { provider: ProviderName; ask: Ask; id?: string }[]): Promise<string[]>;
  /** Resolves when each of these generations is in one of the states. Waits for events, not for time. */
  reached(ids: readonly string[], states: readonly State[]): Promise<void>;
}

/** How many times faster upstream time runs, and with it the pace of the polls. */
const SPEED = 600;

export async function openRig(options: SimulatorOptions = {}, environment: Record<string, string> = {}, redisUrl?: string): Promise<Rig> {
  const ledger = openTestLedger(redisUrl, Number(environment['SHARDS'] ?? TEST_SHARDS));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-rig-'));
  const simulator = await startSimulator({ speed: SPEED, limits: { allegro: 50, kling: 50, acedata: 50 }, ...options });
  const configFor = (changes: Record<string, string> = {}): Config => loadConfig({ ...rigEnvironment(simulator.url, ledger.tag), ...environment, ...changes }, { root: folder, cwd: folder });
  const config = configFor();
  const workers: WorkerService[] = [];
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.stop(5_000)));
    await simulator.close();
    const left = await leftIn(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    expect(left, 'files left behind').toEqual([]);
  });
  return {
    ...ledger,
    simulator,
    config,
    environment: { ...rigEnvironment(simulator.url, ledger.tag), ...environment },
    folder,
    async worker(changes, at) {
      const log = createLog({ level: process.env['TEST_LOG'] ?? 'silent', name: 'test' });
      const worker = createWorker({ config: configFor(changes), redisUrl: ledger.redisUrl, log, healthPort: null, ...(at === undefined ? {} : { at }) });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    async enqueue(batch, asks) {
      const items = asks.map(({ provider, ask, id }, at): NewGeneration => item(config, provider, ask, id ?? `${batch}-${at}`));
      const result = await createGenerations(ledger.store, { batch, lane: batch, attended: false, items });
      if (result.outcome !== 'accepted') throw new Error(result.outcome);
      const created = await readGenerations(ledger.store, result.created);
      await handOver(ledger.store, ledger.queues, created.filter((one) => one !== null));
      return items.map(({ id }) => id);
    },
    async reached(ids, states) {
      const events = ledger.connect();
      try {
        let after = '0-0';
        for (;;) {
          const found = await readStates(ledger.store, ids);
          if (ids.every((id) => states.includes(found.get(id) ?? 'queued'))) return;
          after = (await readEvents(events, ledger.store, after, 2_000)).at(-1)?.at ?? after;
        }
      } finally {
        events.disconnect();
      }
    },
  };
}

/** Files that are not whole. A stop waits three seconds for its last pages: a busy machine writes them a moment later. */
async function leftIn(folder: string): Promise<string[]> {
  const last = performance.now() + 20_000;
  for (;;) {
    const left = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.part') || name.endsWith('.tmp'));
    if (left.length === 0 || performance.now() > last) return left;
    await rest(50);
  }
}

export const PROMPTS: Record<ProviderName, Ask> = {
  allegro: { prompt: 'a red fox runs through fresh snow at dawn in slow motion' },
  kling: { prompt: 'a little dog runs on the grass', params: { duration: '5' } },
  hailuo: { prompt: 'warm light inside of a furnace' },
  pika: { prompt: 'paper boats on a river of ink' },
  luma: { prompt: 'a shuttle flies from space into a volcano' },
};

export function oneOfEach(): { provider: ProviderName; ask: Ask }[] {
  return PROVIDER_NAMES.map((provider) => ({ provider, ask: PROMPTS[provider] }));
}

function item(config: Config, provider: ProviderName, ask: Ask, id: string): NewGeneration {
  const account = config.providers[provider].account;
  if (account === null) throw new Error(`no account for ${provider}`);
  return { id, provider, account: account.id, ask, request: PROVIDERS[provider].request.parse(ask), fingerprint: JSON.stringify(ask), priority: 1, metadata: null };
}

export function rigEnvironment(url: string, tag: string): Record<string, string> {
  const environment: Record<string, string> = {
    REDIS_TAG: tag,
    SHARDS: String(TEST_SHARDS),
    DAILIES_DIR: 'state',
    OUT_DIR: 'out',
    ALLOW_PRIVATE_ADDRESSES: 'on',
    // A machine that runs tests may have little free disk space.
    DISK_RESERVE_BYTES: '1000000',
    ALLEGRO_API_KEY: 'test-allegro',
    KLING_API_KEY: 'test-kling',
    KLING_ENDPOINT_PATH: 'abc123',
    ACEDATA_API_KEY: 'test-acedata',
    ALLEGRO_BASE_URL: url,
    KLING_BASE_URL: url,
    ACEDATA_BASE_URL: url,
    ACEDATA_MAX_IN_FLIGHT: '50',
    RESUBMIT_AFTER_MS: '100',
    POLL_COST_SECONDS: String(2 / SPEED),
    SETTLE_AFTER_MS: '400',
    SETTLE_SILENT_MS: '1200',
  };
  for (const name of PROVIDER_NAMES) {
    const { pace } = PROVIDERS[name];
    environment[`${name.toUpperCase()}_FIRST_POLL_MS`] = String(Math.round(pace.firstPollMs / SPEED));
    environment[`${name.toUpperCase()}_POLL_MIN_MS`] = '50';
    environment[`${name.toUpperCase()}_POLL_MAX_MS`] = '300';
  }
  return environment;
}
