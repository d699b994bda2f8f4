/**
 * What an end-to-end test works with: the simulator on ports of its own, a folder of its own, a tag of its own on the suite's Redis, and the
 * real programs as processes. The ledger is open as well, to wait on, never to act: acting is the programs' business.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { PROVIDER_NAMES } from '@dailies/providers';
import { type Generation, type State, batchIds, lastEventId, readEvents, readGenerations } from '@dailies/queue';
import { type Simulator, type SimulatorOptions, startSimulator } from '@dailies/simulator';
import { type TestLedger, openTestLedger } from '../support/ledger.ts';
import { REPLICAS } from '../support/redis.ts';
import { TEST_SHARDS } from '../support/shards.ts';
import { SPEED, processEnvironment, upstreamSettings } from './environment.ts';
import { type Ending, type Running, startProgram } from './program.ts';

export interface House {
  simulator: Simulator;
  ledger: TestLedger;
  folder: string;
  /** The name of the file is relative to the folder, in which every program runs. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  read(name: string): Promise<string>;
  dailies(...words: string[]): Promise<Ending>;
  start(words: readonly string[], more?: More): Running;
  /** A worker as a process of its own, that is up. */
  worker(settings?: Record<string, string>): Promise<Running>;
  /** Any program of its own, by its file, that has said it is up. */
  service(file: string, up: string, settings?: Record<string, string>): Promise<Running>;
  generations(batch: string): Promise<Generation[]>;
  /** Resolves when these are so. Waits for events of the ledger, not for time. */
  until(batch: string, wanted: (generations: Generation[]) => boolean): Promise<void>;
}

interface More {
  settings?: Record<string, string> | undefined;
  input?: string | undefined;
  preload?: string | undefined;
}

const PRODUCER = 'apps/producer/src/main.ts';
const WORKER = 'apps/worker/src/main.ts';

export async function openHouse(options: SimulatorOptions = {}, changes: Record<string, string> = {}): Promise<House> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-e2e-'));
  // Registered first, so it comes last: after every process is gone.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const ledger = openTestLedger();
  const simulator = await startSimulator({ speed: SPEED, limits: { allegro: 50, kling: 50, acedata: 50 }, ...options });
  onTestFinished(() => simulator.close());
  const settings = {
    REDIS_URL: ledger.redisUrl,
    REDIS_TAG: ledger.tag,
    REDIS_REPLICAS: String(REPLICAS[inject('redisKind')]),
    SHARDS: String(TEST_SHARDS),
    DAILIES_DIR: path.join(folder, 'state'),
    OUT_DIR: path.join(folder, 'out'),
    ...upstreamSettings(simulator.url),
    ...changes,
  };
  const start: House['start'] = (words, { settings: own = {}, input, preload } = {}) =>
    startProgram({ file: PRODUCER, words, cwd: folder, environment: processEnvironment({ ...settings, ...own }), input, preload });
  const generations: House['generations'] = async (batch) => {
    const ids = await batchIds(ledger.store, batch);
    return (await readGenerations(ledger.store, ids)).filter((one) => one !== null);
  };
  const service: House['service'] = async (file, up, own = {}) => {
    const environment = processEnvironment({ ...settings, LOG_LEVEL: 'info', ...own });
    const running = startProgram({ file, cwd: folder, environment });
    await running.says(up);
    return running;
  };
  return {
    simulator,
    ledger,
    folder,
    write: (name, content) => writeFile(path.join(folder, name), content),
    read: (name) => readFile(path.join(folder, name), 'utf8'),
    dailies: (...words) => start(words).ended,
    start,
    worker: (own) => service(WORKER, 'worker is up', own),
    service,
    generations,
    async until(batch, wanted) {
      const events = ledger.connect();
      try {
        let after = await lastEventId(ledger.store);
        for (;;) {
          const found = await generations(batch);
          if (found.length > 0 && wanted(found)) return;
          after = (await readEvents(events, ledger.store, after, 500)).at(-1)?.at ?? after;
        }
      } finally {
        events.disconnect();
      }
    },
  };
}

/** For tasks that must not end before the test says so: give these durations, and later this fault. */
export const ENDLESS = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, 24 * 3_600_000]));
/** Whoever is asked about is done, alone or in a list. */
export const FINISH = (['poll', 'list'] as const).map((on) => ({ on, what: 'finish-at-once' }) as const);

export function inState(generations: readonly Generation[], state: State): Generation[] {
  return generations.filter((one) => one.state === state);
}
