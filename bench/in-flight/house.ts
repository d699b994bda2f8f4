/** A system for measurements of what waits: a Redis server of its own, the pending upstream, and workers as apps/worker starts them. */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
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
  /** Starts a worker; resolves when it is ready, with the seconds that took. */
  worker(): Promise<{ process: ChildProcess; readySeconds: number }>;
  /** Looks at the upstream so far. */
  looks(): Promise<number>;
  /** When these tasks were first asked about, epoch milliseconds; 0: not yet. */
  firstLooks(from: number, to: number): Promise<number[]>;
  usedMemory(): Promise<number>;
  close(): Promise<void>;
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** `periodMs`: between two polls of one generation. */
export async function openHouse(tasks: number, periodMs: number): Promise<House> {
  // The worker as an image runs it: compiled, without tsx and its memory.
  await built();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-bench-'));
  const server = await startRedisServer(folder);
  // As the embedded Redis has it, and docker-compose.yml: half of the memory of a record (docs/scaling.md).
  await server.redis.config('SET', 'hash-max-ziplist-value', '2048');
  const upstream = spawnProgram(program('pending-upstream.ts'), [String(tasks)], {});
  const [port] = (await once(upstream, 'message')) as [number];
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    REDIS_URL: server.url, DAILIES_DIR: folder, OUT_DIR: path.join(folder, 'out'), ALLEGRO_API_KEY: 'bench', ALLEGRO_BASE_URL: url,
    ALLEGRO_MAX_IN_FLIGHT: '100000', ALLEGRO_POLL_MIN_MS: String(periodMs), ALLEGRO_POLL_MAX_MS: String(periodMs), ALLEGRO_DEADLINE_MS: '86400000',
  };
  const config = loadConfig(environment, { root: folder, cwd: folder });
  const store = openStore(server.redis, config.redisTag);
  const queues = openQueues(store, createLog({ level: 'warn', name: 'bench' }));
  const workers: ChildProcess[] = [];
  return {
    store,
    queues,
    config,
    server,
    async worker() {
      const healthPort = await freePort();
      const startedAt = performance.now();
      const child = spawnProgram(program('../../apps/worker/dist/main.js'), [], { environment: { ...environment, NODE_OPTIONS: SMALL_HEAP, WORKER_PORT: String(healthPort) }, logFile: path.join(folder, 'worker.log') });
      workers.push(child);
      while (!(await fetch(`http://127.0.0.1:${healthPort}/readyz`).then((answer) => answer.ok).catch(() => false))) {
        if (child.exitCode !== null) throw new Error(await readFile(path.join(folder, 'worker.log'), 'utf8'));
        await rest(20);
      }
      return { process: child, readySeconds: (performance.now() - startedAt) / 1000 };
    },
    looks: async () => ((await (await fetch(`${url}/looks`)).json()) as { looks: number }).looks,
    firstLooks: async (from, to) => (await (await fetch(`${url}/first?from=${from}&to=${to}`)).json()) as number[],
    usedMemory: async () => Number(/used_memory:(\d+)/.exec(await server.redis.info('memory'))?.[1]),
    async close() {
      for (const child of workers) await kill(child);
      await kill(upstream);
      await queues.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As docker-compose.yml has it: without, V8 lets garbage grow to twice of what lives before it looks. */
const SMALL_HEAP = '--max-old-space-size=512 --max-semi-space-size=8';

let build: Promise<unknown> | null = null;

/** Once a run. */
function built(): Promise<unknown> {
  build ??= promisify(execFile)(process.execPath, [program('../../scripts/build.mjs'), '--only']);
  return build;
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
