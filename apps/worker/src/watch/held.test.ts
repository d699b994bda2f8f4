import { expect, test } from 'vitest';
import { createLog, hold } from '@dailies/queue';
import { ACCOUNT, accept, newGeneration, openTestLedger, shardHolding } from '../../../../test/support/ledger.ts';
import { createHeldWatch } from './held.ts';

test('what a worker of another account holds goes on without a restart, and what waits for its person or its file does not', async () => {
  const ledger = openTestLedger();
  const { store, queues } = ledger;
  await accept(store, 'b', ['g1', 'g2', 'g3'].map((id) => newGeneration(id)));
  const [held, attended] = [await ledger.generation('g1'), await ledger.generation('g2')];
  await hold(store, held, 'origin');
  await hold(store, attended, 'unattended');
  const dropped = await ledger.generation('g3');
  expect([await hold(store, dropped, 'origin'), await hold(store, dropped, 'dropped'), await hold(store, dropped, 'origin')]).toEqual([true, true, true]);

  await createHeldWatch({ store, queues, log: createLog({ level: 'silent', name: 'test' }) }, [held.account])();
  expect((await ledger.generation('g1')).held).toBeUndefined();
  expect((await ledger.generation('g2')).held).toBe('unattended');
  expect((await ledger.generation('g3')).held).toBe('dropped');
});

test('what is held for an answer about a named task is asked about, though a worker was stopped before it said so', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await hold(ledger.store, await ledger.generation('g1'), 'offered');
  const shard = await shardHolding(ledger.store, 'g1');
  await createHeldWatch({ store: shard, queues: ledger.queues.of(shard.number), log: createLog({ level: 'silent', name: 'test' }) }, [ACCOUNT])();
  expect((await ledger.generation('g1')).held).toBe('offered');
  expect(await shard.redis.smembers(shard.keys.offered)).toEqual(['g1']);
});
