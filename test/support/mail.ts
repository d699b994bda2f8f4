/** A ledger, and a worker that only delivers webhooks, with a schedule in milliseconds. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { cancelGeneration, createGenerations, createLog, loadConfig, readDeliveries, type NewGeneration, type PublicDelivery } from '@dailies/queue';
import { createWorker, type WorkerOptions, type WorkerService } from '@dailies/worker';
import { type TestLedger, newGeneration, openTestLedger } from './ledger.ts';
import { TEST_SHARDS } from './shards.ts';

export const SECRET = `whsec_${Buffer.from('a secret of exactly 32 bytes, ok').toString('base64')}`;

export interface Mail extends TestLedger {
  folder: string;
  environment: Record<string, string>;
  worker(webhooks?: WorkerOptions['webhooks'], changes?: Record<string, string>): Promise<WorkerService>;
  /** Accepts generations and cancels them, which makes one event each. */
  canceled(batch: string | null, items: readonly Partial<NewGeneration>[], webhook?: string): Promise<string[]>;
  /** Resolves with the delivery log of this generation when it has so many tries. */
  logged(id: string, count: number): Promise<PublicDelivery[]>;
}

export const FAST = { retryMs: [1, 1, 1, 1, 1, 1], jitter: 0 };

export async function openMail(changes: Record<string, string> = {}): Promise<Mail> {
  const ledger = openTestLedger(undefined, Number(changes['SHARDS'] ?? TEST_SHARDS));
  const folder = await mkdtemp(path.join(os.tmpdir(), 'dailies-mail-'));
  const environment = { REDIS_TAG: ledger.tag, SHARDS: String(TEST_SHARDS), DAILIES_DIR: 'state', OUT_DIR: 'out', ALLOW_PRIVATE_ADDRESSES: 'on', WEBHOOK_SECRET: SECRET, ...changes };
  const workers: WorkerService[] = [];
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.stop(2_000)));
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ...ledger,
    folder,
    environment,
    async worker(webhooks = { rules: FAST }, more = {}) {
      const config = loadConfig({ ...environment, ...more }, { root: folder, cwd: folder });
      const log = createLog({ level: process.env['TEST_LOG'] ?? 'silent', name: 'test' });
      const worker = createWorker({ config, redisUrl: ledger.redisUrl, log, healthPort: null, webhooks });
      workers.push(worker);
      await worker.start();
      return worker;
    },
    async canceled(batch, items, webhook) {
      const whole = items.map((item, at) => newGeneration(item.id ?? `${batch ?? 'single'}-${at}`, item));
      const result = await createGenerations(ledger.store, { batch, lane: 'test', attended: false, createdBy: 'studio', webhook, items: whole });
      if (result.outcome !== 'accepted') throw new Error(result.outcome);
      for (const { id } of whole) await cancelGeneration(ledger, id);
      return whole.map(({ id }) => id);
    },
    async logged(id, count) {
      for (;;) {
        const entries = await readDeliveries(ledger.store, 'generation', id);
        if (entries.length >= count) return entries;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}
