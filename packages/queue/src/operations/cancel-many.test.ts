import { expect, test } from 'vitest';
import { accept, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { LEDGER_SCOPE } from '../ledger/account/pause-scopes.ts';
import { readBatch } from '../ledger/batches.ts';
import { type QueuedOne, cancelQueuedOnes } from '../ledger/cancel-queued.ts';
import { transition } from '../ledger/transition.ts';
import { handOver } from '../queues/hand-over.ts';
import { shardWith } from '../shards/routing.ts';
import { cancelMany } from './cancel-many.ts';
import { cancelGeneration } from './cancel.ts';

const IDS = ['a', 'b'] as const;

test.each([
  [{}, 'as it is'],
  [{ note: 'not accepted', untold: true }, 'as it is'],
  [{}, 'rolled back'],
])('many that are canceled in one step say and leave what each canceled by itself says and leaves (%j, the ledger %s)', async (words, ledger) => {
  const [together, alone] = [openTestLedger(), openTestLedger()];
  for (const { store } of [together, alone]) {
    await accept(store, 'films', IDS.map((id) => newGeneration(id)));
    const { redis, keys } = shardWith(store, newGeneration('a'));
    if (ledger === 'rolled back') await redis.hset(keys.pauses, LEDGER_SCOPE, '{}');
  }
  for (const one of [together, alone]) await handOver(one.store, one.queues, await all(one));
  expect(await Promise.all([together, alone].map(waitingJobs))).toEqual([2, 2]);
  const outcomes = await Promise.all(IDS.map((id) => cancelGeneration(alone, id, words)));
  expect(await cancelMany(together, await all(together), words)).toEqual(outcomes);
  expect(await left(together)).toEqual(await left(alone));
  expect(await Promise.all([together, alone].map(waitingJobs))).toEqual([0, 0]);
});

test('what is no longer as it was seen is left as it is, and a step that is sent again does nothing again', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'films', IDS.map((id) => newGeneration(id)));
  const [a, b] = await all(ledger);
  if (a === undefined || b === undefined) throw new Error('not there');
  await transition(ledger.store, b, { by: '1.x', from: ['queued'], to: 'failed', seq: b.seq });
  const ones: QueuedOne[] = [{ ...a, by: '1.a' }, { ...b, by: '1.b' }];
  const store = shardWith(ledger.store, a);
  expect(await cancelQueuedOnes(store, [{ ...a, seq: a.seq - 1, by: '1.late' }], { note: 'off' }), 'seen before it was queued anew').toEqual([false]);
  expect(await cancelQueuedOnes(store, ones, { note: 'off' })).toEqual([true, false]);
  const before = await left(ledger);
  expect(await cancelQueuedOnes(store, ones, { note: 'off' })).toEqual([true, false]);
  expect(await left(ledger)).toEqual(before);
  expect((await ledger.generation('b')).state).toBe('failed');
});

function all(ledger: TestLedger) {
  return Promise.all(IDS.map((id) => ledger.generation(id)));
}

function waitingJobs({ queues }: TestLedger): Promise<number> {
  return queues.get('allegro-submit').getJobCountByTypes('prioritized');
}

/** Everything of them that is kept, but for times and random words. */
async function left(ledger: TestLedger): Promise<unknown> {
  const { redis, keys } = shardWith(ledger.store, newGeneration('a'));
  const generations = (await all(ledger)).map(({ finishedAt, history, ...rest }) => ({
    ...rest,
    createdAt: null,
    changedAt: null,
    lastBy: null,
    isFinished: typeof finishedAt,
    history: history.map(({ at: _when, ...entry }) => entry),
  }));
  const { createdAt: _created, finishedAt, ...batch } = (await readBatch(ledger.store, 'films')) ?? { createdAt: 0, finishedAt: null };
  const events = (await redis.xrange(keys.events, '-', '+')).map(([, fields]) => fields);
  return {
    generations, batch, events, isFinished: finishedAt !== null,
    counts: await redis.hgetall(keys.counts('allegro')),
    outbox: await redis.zrange(keys.outbox, '0', '-1'),
    live: await redis.zrange(keys.live, '0', '-1'),
    ended: (await redis.zrange(keys.ended, '0', '-1')).toSorted(),
    lanes: await redis.exists(keys.lanes('allegro')),
    guard: Object.keys(await redis.hgetall(keys.guard)).toSorted(),
  };
}
