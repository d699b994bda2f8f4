import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLog, loadConfig } from '@dailies/queue';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, startRedisServer } from '../../../test/support/redis-server.ts';
import { createWorker } from './worker.ts';

test.each(['that is new', 'that it knows'])('a start while Redis is full, with a ledger %s, tells the remedy, and the next one goes on', async (ledger) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-worker-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const server = await startRedisServer({ folder, port: await freePort() });
  onTestFinished(() => server.kill());
  const redisUrl = `redis://127.0.0.1:${server.port}`;
  const config = loadConfig({ REDIS_URL: redisUrl, DAILIES_DIR: folder, ALLEGRO_API_KEY: 'k' }, { root: folder, cwd: folder });
  const limit = (bytes: number) => server.ask((redis) => redis.config('SET', 'maxmemory', String(bytes)));
  const start = async (): Promise<string> => {
    const worker = createWorker({ config, redisUrl, log: createLog({ level: 'silent', name: 'test' }), healthPort: null });
    const why = await worker.start().then(() => 'up', (error: unknown) => String(error));
    await worker.stop(1_000);
    return why;
  };
  if (ledger === 'that it knows') expect(await start()).toBe('up');

  await limit(1);
  expect(await start()).toMatch(/^Error: Redis is full .* CONFIG SET maxmemory to more.* start it again then/);
  await limit(0);
  expect(await start()).toBe('up');
});
