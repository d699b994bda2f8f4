/** A system for measurements: a Redis server of its own, a cheap upstream with Allegro's wire, and compiled workers, as the image runs them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLog, loadConfig, openQueues, openStore, type Config, type Desk } from '@dailies/queue';
import { freePort } from '../../test/support/redis-server.ts';
import { costOf } from '../pipeline/process-cost.ts';
import { kill, spawnProgram } from '../pipeline/program.ts';
import { startRedisServer, type RedisServer } from '../pipeline/redis-server.ts';

export interface House extends Desk {
  config: Config;
  server: RedisServer;
  /** Starts a worker; resolves when it is ready, with the seconds that this took. */
  worker(): Promise<{ process: ChildProcess; readySeconds: number }>;
  redisUrl: string;
  /** The answer of one of the upstream's own routes (upstream.ts). */
  ask<Answer>(route: string): Promise<Answer>;
  /** The polls that the upstream has got so far. */
  looks(): Promise<number>;
  /** When these tasks were first polled, epoch milliseconds; 0: not yet. */
  firstLooks(from: number, to: number): Promise<number[]>;
  usedMemory(): Promise<number>;
  /** The connections to Redis, ours included. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface HouseOptions {
  /** How many tasks the upstream can have. */
  tasks: number;
  /** Between two polls of one generation. */
  periodMs: number;
  /** How long the upstream takes to answer (default: at once), and how long a submitted task takes to be ready (default: for ever). */
  answerMs?: number;
  readyMs?: number;
  environment?: Record<string, string>;
}

export async function openHouse({ tasks, periodMs, answerMs = 0, readyMs = 0, environment: more = {} }: HouseOptions): Promise<House> {
  // The worker as an image runs it: compiled, without tsx and its memory.
  await built();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  const server = await startRedisServer(folder);
  const upstream = spawnProgram(program('upstream.ts'), [tasks, answerMs, readyMs].map(String), {});
  const [port] = (await once(upstream, 'message')) as [number];
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    REDIS_URL: server.url, DAILIES_DIR: folder, OUT_DIR: path.join(folder, 'out'), ALLEGRO_API_KEY: 'bench', ALLEGRO_BASE_URL: url,
    ALLEGRO_MAX_IN_FLIGHT: '100000', ALLEGRO_POLL_MIN_MS: String(periodMs), ALLEGRO_POLL_MAX_MS: String(periodMs), ALLEGRO_DEADLINE_MS: '86400000',
    ALLOW_PRIVATE_ADDRESSES: 'on', ...more,
  };
  const config = loadConfig(environment, { root: folder, cwd: folder });
  const store = openStore(server.redis, config.redisTag);
  const queues = openQueues(store, createLog({ level: 'warn', name: 'bench' }));
  const workers: ChildProcess[] = [];
  const ask = async <Answer>(route: string): Promise<Answer> => (await (await fetch(`${url}/${route}`)).json()) as Answer;
  return {
    store,
    queues,
    config,
    server,
    async worker() {
      const healthPort = await freePort();
      const startedAt = performance.now();
      const log = openSync(path.join(folder, 'worker.log'), 'a');
      // Without the flags of this process, which would make it run from the sources.
      const child = spawn(process.execPath, [program('../../apps/worker/dist/main.js')], {
        env: { PATH: process.env['PATH'], ...environment, NODE_OPTIONS: SMALL_HEAP, WORKER_PORT: String(healthPort) },
        stdio: ['ignore', log, log],
      });
      workers.push(child);
      while (!(await fetch(`http://127.0.0.1:${healthPort}/readyz`).then((answer) => answer.ok).catch(() => false))) {
        if (child.exitCode !== null) throw new Error(await readFile(path.join(folder, 'worker.log'), 'utf8'));
        await rest(20);
      }
      return { process: child, readySeconds: (performance.now() - startedAt) / 1000 };
    },
    redisUrl: server.url,
    ask,
    looks: async () => (await ask<{ looks: number }>('looks')).looks,
    firstLooks: (from, to) => ask<number[]>(`first?from=${from}&to=${to}`),
    usedMemory: async () => Number(/used_memory:(\d+)/.exec(await server.redis.info('memory'))?.[1]),
    connections: async () => Number(/connected_clients:(\d+)/.exec(await server.redis.info('clients'))?.[1]),
    async close() {
      for (const child of workers) await kill(child);
      await kill(upstream);
      await queues.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As in docker-compose.yml. Without it, V8 lets garbage grow to twice the size of what lives before it collects. */
const SMALL_HEAP = '--max-old-space-size=512 --max-semi-space-size=8';

let build: Promise<unknown> | null = null;

/** Compiles once per run. Removes what was not there before at the end, since other checks would take it for ours. */
function built(): Promise<unknown> {
  build ??= compile();
  return build;
}

async function compile(): Promise<void> {
  const folders = ['packages', 'apps'].flatMap((kind) => readdirSync(program(`../../${kind}`)).map((name) => program(`../../${kind}/${name}/dist`)));
  const isNew = !folders.some((folder) => existsSync(folder));
  await promisify(execFile)(process.execPath, [program('../../scripts/build.mjs'), '--only']);
  if (isNew) process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
}

/** Megabytes of resident memory at this moment. */
export async function residentMiB(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

export interface Spent {
  atMs: number;
  looks: number;
  commands: number;
  workerCpuSeconds: number;
  redisCpuSeconds: number;
}

export async function spentSoFar(house: House, workers: readonly ChildProcess[]): Promise<Spent> {
  return {
    atMs: Date.now(),
    looks: await house.looks(),
    commands: await house.server.operations(),
    workerCpuSeconds: workers.reduce((sum, worker) => sum + costOf(worker.pid ?? 0).cpuSeconds, 0),
    redisCpuSeconds: house.server.cost().cpuSeconds,
  };
}
