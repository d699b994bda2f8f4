/** kill -9 of the worker between two effects of a webhook: at least once, and always the same event under the same id. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { CrashPoint } from '../../apps/worker/src/crash-points.ts';
import { bundleWorker } from '../chaos/bundle.ts';
import { startWorker } from '../chaos/chaos-worker.ts';
import { openMail } from '../support/mail.ts';
import { openReceiver } from '../support/receiver.ts';

let program = '';
beforeAll(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-webhook-crashes-'));
  program = await bundleWorker(folder);
  return () => rm(folder, { recursive: true, force: true });
});

const LOCK_MS = 1_500;
const POINTS: [point: CrashPoint, toldBefore: number][] = [
  ['webhook:recorded', 0],
  ['webhook:published', 0],
  ['webhook:answered', 1],
];

test.each(POINTS)('a worker killed at %s leaves no event untold', async (point, toldBefore) => {
  const receiver = await openReceiver();
  const mail = await openMail();
  // The transition is on disk; whoever made it is gone before anything was published.
  await mail.canceled('b', [{ id: 'g1' }], receiver.url);
  const order = { redisUrl: mail.redisUrl, environment: mail.environment, folder: mail.folder, lockMs: LOCK_MS };
  const log = path.join(mail.folder, 'worker.log');
  const first = startWorker(program, { ...order, trap: { point, prefix: 'g1', hit: 1, signal: 'SIGKILL' } }, log);
  await first.trapped;
  await first.gone;
  const ofG1 = () => receiver.received.filter(({ json }) => json.data['id'] === 'g1');
  expect(ofG1()).toHaveLength(toldBefore);

  const second = startWorker(program, order, log);
  try {
    await expect.poll(async () => (await mail.logged('g1', 1)).length, { timeout: 30_000 }).toBe(1);
    await expect.poll(() => receiver.received.filter(({ json }) => json.type === 'batch.finished').length, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(ofG1()).toHaveLength(toldBefore + 1);
    expect(new Set(ofG1().map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    expect(await mail.redis.zcard(mail.store.keys.outbox)).toBe(0);
  } finally {
    await second.end();
  }
});
