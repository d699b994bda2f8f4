/** What a short chaos test needs: its own Redis, the bundled worker, a folder. All are removed when the test ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { REPLICAS } from '../support/redis.ts';
import { bundleWorker } from './bundle.ts';
import { startChaosRedis } from './chaos-redis.ts';
import type { Surroundings } from './part.ts';

export async function chaosSetting(seed: number): Promise<Surroundings> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-chaos-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kind = inject('redisKind');
  const replicas = REPLICAS[kind];
  // Sentinels and a Cluster are too slow to start for each test, so all tests share them.
  const redis = replicas > 0 ? { url: inject('redisUrl'), close: () => Promise.resolve() } : await startChaosRedis(folder);
  onTestFinished(() => redis.close());
  return { redis, kind, replicas, folder, program: await bundleWorker(folder), seed, tell: () => undefined };
}
