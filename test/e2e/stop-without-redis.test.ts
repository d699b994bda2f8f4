/** SIGTERM to every program while its Redis is gone for good: each ends by itself, and what was paid meanwhile is written down. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startMortalRedis } from '../chaos/mortal-redis.ts';
import { openHouse } from './house.ts';

const DEADLINE_MS = 13_000;
/** A service manager waits 15 s longer than the deadline, then it kills. */
const MOST_MS = DEADLINE_MS + 15_000;

test('a stop without Redis ends within its deadline, says what it could not do, and leaves the paid task in a rescue file', { timeout: 120_000 }, async () => {
  const place = await mkdtemp(path.join(os.tmpdir(), 'dailies-gone-'));
  onTestFinished(() => rm(place, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const redis = await startMortalRedis(inject('redisKind'), place);
  onTestFinished(() => redis.close());
  const house = await openHouse(
    { faults: [{ on: 'create', what: 'late-answer', ms: 1_500 }] },
    { REDIS_URL: redis.url, REDIS_REPLICAS: String(redis.replicas), UPSTREAM_TIMEOUT_MS: '3000', STOP_DEADLINE_MS: String(DEADLINE_MS), PORT: '0' },
  );
  await house.write('prompts.txt', 'paper boats\n');
  const start = house.start(['start'], {
    settings: { DAILIES_DIR: path.join(house.folder, 'start'), ALLEGRO_API_KEY: '', KLING_API_KEY: '', ACEDATA_API_KEY: '' },
  });
  const [api, dashboard] = await Promise.all([
    house.service('apps/producer/src/api/main.ts', 'API is up'),
    house.service('apps/dashboard/src/main.ts', 'Dashboard: http'),
    start.says('Ctrl-C stops it cleanly.'),
  ]);
  const paid = house.simulator.nextRequest((one) => one.fault === 'late-answer');
  const run = house.start(['run', 'prompts.txt', '--provider', 'pika', '--batch', 'boats']);
  const worker = await house.worker({ DAILIES_DIR: path.join(house.folder, 'other') });
  await paid;
  // Its Sentinels too, where it has any.
  await redis.close();

  const programs = { worker, run, start, api, dashboard };
  const stoppedAt = Date.now();
  const endings = await Promise.all(
    Object.entries(programs).map(async ([name, program]) => {
      program.kill('SIGTERM');
      const { code, stderr } = await program.ended;
      return { name, code, ms: Date.now() - stoppedAt, stderr };
    }),
  );
  expect(endings.filter(({ ms }) => ms > MOST_MS).map(({ name, ms }) => `${name}: ${ms} ms`)).toEqual([]);
  const said = Object.fromEntries(endings.map(({ name, code, stderr }) => [name, { code, stderr }]));
  expect(Object.fromEntries(endings.map(({ name, code }) => [name, code]))).toEqual({ worker: 0, run: 130, api: 0, dashboard: 0, start: 0 });
  expect(said['worker']?.stderr).toContain('stopped without having done all');
  expect(said['run']?.stderr).toContain('is Redis away?');

  const folders = ['state', 'other'].map((name) => path.join(house.folder, name, 'rescue'));
  const files = (await Promise.all(folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name))))).flat();
  const [task] = house.simulator.ledger();
  expect(files).toHaveLength(1);
  expect(JSON.parse(await readFile(files[0] ?? '', 'utf8'))).toMatchObject({ taskKey: expect.stringContaining(task?.taskId ?? 'a task') as string });
});
