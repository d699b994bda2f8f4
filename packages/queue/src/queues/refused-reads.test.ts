/** Figures of queues that Redis refuses to read: a zero in their place would be a false all-clear. */
import { expect, test } from 'vitest';
import { accept, ACCOUNT, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { shardOf } from '../shards/routing.ts';
import { partKey } from './bullmq-storage.ts';
import { jobCounts } from './depth.ts';
import { submitQueue } from './names.ts';
import { firstDue, oldestInFlight, oldestQueued, pastDueMs } from './oldest.ts';

const QUEUE = submitQueue('allegro');

/** A value of a type that none of the commands reads. */
async function spoil({ store }: TestLedger, key: string): Promise<void> {
  const { redis } = shardOf(store, ACCOUNT);
  await redis.del(key);
  await redis.set(key, 'not a list, a set or a hash');
}

test('a count of jobs that Redis refuses is an error, not a zero', async () => {
  const ledger = openTestLedger();
  await spoil(ledger, partKey(shardOf(ledger.store, ACCOUNT), QUEUE, 'failed'));
  await expect(jobCounts(ledger.store, [QUEUE])).rejects.toThrow('WRONGTYPE');
});

test('the oldest in a queue, and how late it is, are errors where Redis refuses them', async () => {
  const ledger = openTestLedger();
  const shard = shardOf(ledger.store, ACCOUNT);
  await spoil(ledger, partKey(shard, QUEUE, 'prioritized'));
  await expect(oldestQueued(ledger.store, 'allegro')).rejects.toThrow('WRONGTYPE');
  await expect(firstDue(shard, [QUEUE])).rejects.toThrow('WRONGTYPE');
  await spoil(ledger, partKey(shard, QUEUE, 'delayed'));
  await expect(pastDueMs(ledger.store, [QUEUE])).rejects.toThrow('WRONGTYPE');
});

test('the oldest in flight is an error where Redis refuses the record of one that has a slot', async () => {
  const ledger = openTestLedger();
  const shard = shardOf(ledger.store, ACCOUNT);
  await accept(ledger.store, null, [newGeneration('one')]);
  await shard.redis.zadd(shard.keys.slotsOf(ACCOUNT, 'allegro'), 1, 'one');
  await spoil(ledger, shard.keys.generation('one'));
  await expect(oldestInFlight(ledger.store, 'allegro', ACCOUNT)).rejects.toThrow('WRONGTYPE');
});
