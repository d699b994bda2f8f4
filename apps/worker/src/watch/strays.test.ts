import { expect, test } from 'vitest';
import { createUpstreamHttp, type Provider } from '@dailies/providers';
import { type Stray, createLog, readGeneration } from '@dailies/queue';
import { accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import type { Desk, WorkerContext } from '../context.ts';
import { lookAfterStrays } from './strays.ts';

const OURS = 'kling@http://ours';

test('strays of accounts that nobody serves keep no other from being looked at', async () => {
  const { store } = openTestLedger();
  const foreign = Array.from({ length: 45 }, (_, at) => newGeneration(`f${at}`, { provider: 'kling', account: 'kling@http://elsewhere' }));
  await accept(store, 'b', [...foreign, newGeneration('g1', { provider: 'kling', account: OURS })]);
  for (const id of [...foreign.map((one) => one.id), 'g1']) {
    const strays: Stray[] = [{ round: 1, task: { id: `t-${id}` }, taskKey: `t-${id}` }];
    await store.redis.hset(store.keys.generation(id), 'strays', JSON.stringify(strays));
    await store.redis.zadd(store.keys.strays, id === 'g1' ? 2 : 1, id);
  }
  const asked: unknown[] = [];
  const provider = { poll: async (task: Record<string, unknown>) => (asked.push(task['id']), { state: 'failed', failure: { kind: 'failed', message: 'no', retryable: false } }) } as unknown as Provider;
  const account = { id: OURS, baseUrl: 'http://ours', apiKey: { reveal: () => 'key' } };
  const desk = { provider, account, settings: { name: 'kling', pace: { maxMs: 1_000 } } } as unknown as Desk;
  const context = { store, http: createUpstreamHttp({ timeoutMs: 1_000 }), stopping: new AbortController().signal, log: createLog({ level: 'silent', name: 'test' }) } as unknown as WorkerContext;

  await lookAfterStrays(context, [desk]);
  expect(asked).toEqual(['t-g1']);
  expect((await readGeneration(store, 'g1'))?.strays).toMatchObject([{ taskKey: 't-g1', outcome: 'failed' }]);
});
