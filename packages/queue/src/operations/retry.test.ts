import { expect, test } from 'vitest';
import { accept, ACCOUNT, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { submitPriority } from '../queues/names.ts';
import { currentJob } from '../queues/hand-over.ts';
import { shardOf } from '../shards/routing.ts';
import { cancelGeneration } from './cancel.ts';
import { retryGeneration } from './retry.ts';

const CLASS = '2';

async function canceledBatch(ledger: TestLedger, ids: string[]): Promise<void> {
  await accept(ledger.store, 'old', ids.map((id) => newGeneration(id)));
  for (const id of ids) expect(await cancelGeneration(ledger, id)).toMatchObject({ outcome: 'canceled' });
}

test('what is sent again shares turns with who waits, and does not go before everybody by its turn of long ago', async () => {
  const ledger = openTestLedger();
  const old = ['old-0', 'old-1', 'old-2'];
  await canceledBatch(ledger, old);
  // Much was submitted since.
  const { store } = ledger;
  const { redis, keys } = shardOf(store, ACCOUNT);
  await redis.hset(keys.turns('allegro'), CLASS, 50);
  await accept(store, 'new', Array.from({ length: 5 }, (_, at) => newGeneration(`new-${at}`)));

  for (const id of old) expect(await retryGeneration(ledger, id, { mayPay: true, byId: true })).toMatchObject({ done: true });

  const turns = async (ids: string[]): Promise<number[]> => Promise.all(ids.map(async (id) => (await ledger.generation(id)).turn));
  expect(await turns(['new-0', 'new-1', 'new-2', 'new-3', 'new-4'])).toEqual([50, 51, 52, 53, 54]);
  expect(await turns(old)).toEqual([50, 51, 52]);
  const job = await currentJob(ledger.queues, await ledger.generation('old-2'));
  expect(job?.priority).toBe(submitPriority(1, 52));
});
