import { accountState, seenWorkers, shardOf, speak, withoutAway, type ShardWait, type Store } from '@dailies/queue';
import { expect, test } from 'vitest';
import { openTestLedger } from '../../../../test/support/ledger.ts';
import { submitWaits } from './submit-waits.ts';

const kling = { provider: 'kling', account: 'kling@http://127.0.0.1:1' } as const;

/** What is left of a ledger while one of its shards cannot be read. */
function without(store: Store, shard: number): Store {
  return withoutAway(store, [{ shard, providers: [], isAway: true, text: '' } satisfies ShardWait]);
}

test('while the shard that the workers speak to is away, nobody is said to have no worker', async () => {
  const { store } = openTestLedger(undefined, 4);
  expect(await submitWaits(store, [kling])).toMatchObject([{ ...kling, why: 'worker' }]);
  await speak(store, 'worker', { unanswered: {}, accounts: { kling: kling.account } });
  expect(await submitWaits(store, [kling])).toEqual([]);
  expect([await submitWaits(without(store, 0), [kling]), await seenWorkers(without(store, 0))]).toEqual([[], null]);
});

test('what is queued where the ledger once had fewer shards is told of by that shard, also while the present one of its account is away', async () => {
  const { store } = openTestLedger(undefined, 4);
  await speak(store, 'worker', { unanswered: {}, accounts: { kling: kling.account } });
  const former = shardOf(store, kling.account, 0);
  await former.redis.hset(former.keys.account(kling.account), { openSince: Date.UTC(2026, 0, 1) });
  expect((await accountState(store, kling.account)).openSince).toBeNull();
  expect(await submitWaits(without(store, 1), [{ ...kling, shard: 0 }])).toMatchObject([{ ...kling, why: 'breaker' }]);
});
