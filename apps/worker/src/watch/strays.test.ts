import { expect, test } from 'vitest';
import { createUpstreamHttp, type Provider } from '@dailies/providers';
import { type Stray, createLog, readGeneration } from '@dailies/queue';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import type { Upstream, WorkerContext } from '../context.ts';
import { lookAfterStrays } from './strays.ts';

const OURS = 'kling@http://ours';

test('strays of accounts that nobody serves keep no other from being looked at, until it has ended or its upstream keeps nothing of it any more', async () => {
  const { store } = openTestLedger(undefined, 1);
  const foreign = Array.from({ length: 45 }, (_, at) => newGeneration(`f${at}`, { provider: 'kling', account: 'kling@http://elsewhere' }));
  const ours = ['g1', 'old', 'young'];
  await accept(store, 'b', [...foreign, ...ours.map((id) => newGeneration(id, { provider: 'kling', account: OURS }))]);
  await store.redis.hset(store.keys.generation('old'), 'createdAt', Date.now() - 31 * 24 * 3_600_000);
  for (const id of [...foreign.map((one) => one.id), ...ours]) {
    const strays: Stray[] = [{ round: 1, task: { id: `t-${id}` }, taskKey: `t-${id}` }];
    await store.redis.hset(store.keys.generation(id), 'strays', JSON.stringify(strays));
    await store.redis.zadd(store.keys.strays, ours.includes(id) ? 2 : 1, id);
  }
  const asked: unknown[] = [];
  const failed = { state: 'failed', failure: { kind: 'failed', message: 'no', retryable: false } };
  const poll = async ({ id }: Record<string, unknown>) => (asked.push(id), id === 't-g1' ? failed : { state: 'pending', phase: null });
  const provider = { poll } as unknown as Provider;
  const account = { id: OURS, baseUrl: 'http://ours', apiKey: { reveal: () => 'key' } };
  const upstream = { provider, account, settings: { name: 'kling', pace: { maxMs: 1_000 } } } as unknown as Upstream;
  const context = { store, http: createUpstreamHttp({ timeoutMs: 1_000 }), stopping: new AbortController().signal, log: createLog({ level: 'silent', name: 'test' }) } as unknown as WorkerContext;

  await lookAfterStrays(context, [upstream]);
  expect(asked).toEqual(['t-g1', 't-old', 't-young']);
  expect((await readGeneration(store, 'g1'))?.strays).toMatchObject([{ taskKey: 't-g1', outcome: 'failed' }]);
  expect((await readGeneration(store, 'old'))?.strays, 'upstreams keep nothing for so long').toMatchObject([{ outcome: 'gone' }]);
  expect((await readGeneration(store, 'young'))?.strays?.[0]).not.toHaveProperty('outcome');

  // By the time of its next look nothing of it runs any more: nobody is asked, and it is forgotten.
  expect(Number(await store.redis.zscore(store.keys.strays, 'g1'))).toBeGreaterThan(Date.now());
  await store.redis.zadd(store.keys.strays, 'XX', 2, 'g1');
  await lookAfterStrays(context, [upstream]);
  expect(asked).toHaveLength(3);
  expect(await store.redis.zscore(store.keys.strays, 'g1')).toBeNull();
});
