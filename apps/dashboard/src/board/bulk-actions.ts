/**
 * Three of Bull Board's routes that concern many jobs or queues, answered before Bull Board does: its own "retry all" would count refused
 * jobs as retried and never get past the first hundred of them, and its "pause all" would end at the first queue that refuses.
 */
import { Router } from 'express';
import type { LedgerAdapter } from './ledger-adapter.ts';
import { Refusal, skipRefused } from './refusal.ts';

export function bulkActions(adapters: readonly LedgerAdapter[]): Router {
  const router = Router();

  router.put('/api/queues/pause', (_request, response, next) => {
    pauseAll(adapters).then(() => response.json({}), next);
  });

  router.put('/api/queues/resume', (_request, response, next) => {
    resumeAll(adapters).then(() => response.json({}), next);
  });

  router.put('/api/queues/:queue/retry/:status', (request, response, next) => {
    const adapter = adapters.find((one) => one.getName() === request.params.queue);
    if (adapter === undefined) return next();
    if (request.params.status !== 'failed') throw new Refusal('Only failed jobs are retried: the videos of completed ones are there.');
    retryAll(adapter).then((result) => response.json(result), next);
  });

  return router;
}

async function retryAll(adapter: LedgerAdapter): Promise<{ retried: number; skipped: number }> {
  const result = await adapter.retryAll();
  if (result.retried > 0 || result.skipped === 0) return result;
  throw new Refusal(`Nothing was retried: ${result.skipped} would be submitted again, which may pay. Retry them one by one, or with \`dailies retry BATCH\`.`);
}

async function pauseAll(adapters: readonly LedgerAdapter[]): Promise<void> {
  const held: { adapter: LedgerAdapter; scope: string }[] = [];
  for (const adapter of adapters) {
    const scope = await adapter.hold().catch(skipRefused);
    if (scope !== false) held.push({ adapter, scope });
  }
  await Promise.all(held.map(({ adapter, scope }) => adapter.insist(scope)));
}

async function resumeAll(adapters: readonly LedgerAdapter[]): Promise<void> {
  for (const adapter of adapters) await adapter.resume();
}
