/** What a short chaos test needs: a Redis of its own, the bundled worker, a folder; all gone when the test ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { bundleWorker } from './bundle.ts';
import { startChaosRedis } from './chaos-redis.ts';
import type { Surroundings } from './part.ts';

export async function chaosSetting(seed: number): Promise<Surroundings> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-chaos-test-'));
  const redis = await startChaosRedis(folder);
  onTestFinished(async () => {
    await redis.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { redis, folder, program: await bundleWorker(folder), seed, tell: () => undefined };
}
