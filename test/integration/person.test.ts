/** What a person asks for, against a running worker: nothing is paid behind anybody's back. */
import { expect, test } from 'vitest';
import { PROVIDERS } from '@dailies/providers';
import { cancelGeneration, handOver, hold, holdRestored, learn, readGeneration, release, retryGeneration } from '@dailies/queue';
import { shardHolding } from '../support/ledger.ts';
import { PROMPTS, openRig } from '../support/rig.ts';

test('what is held is not submitted although its job is still in the queue, and is once it is released', async () => {
  const rig = await openRig();
  const [held = '', free = ''] = await rig.enqueue('held', ['held', 'free'].map((word) => ({ provider: 'luma' as const, ask: { prompt: word } })));
  await hold(rig.store, await rig.generation(held), 'dropped');
  await rig.worker();
  await rig.reached([free], ['succeeded']);
  expect(await rig.generation(held)).toMatchObject({ state: 'queued', held: 'dropped', attempts: 0 });
  expect(rig.simulator.ledger().map(({ prompt }) => prompt)).toEqual(['free']);
  await release(rig.store, rig.queues, [held], ['dropped']);
  await rig.reached([held], ['succeeded']);
});

test('a cancel of what is queued does not say that nothing was paid while this Redis is an older copy', async () => {
  const rig = await openRig();
  const [id = '', other = ''] = await rig.enqueue('older', ['one', 'two'].map((word) => ({ provider: 'kling' as const, ask: { prompt: word } })));
  expect(await cancelGeneration(rig, other)).toMatchObject({ outcome: 'canceled', message: 'canceled; nothing was paid' });
  await holdRestored(await shardHolding(rig.store, id));
  expect(await cancelGeneration(rig, id)).toMatchObject({ outcome: 'canceled', message: expect.stringContaining('it may have been submitted in the time that is gone') as unknown });
});

test('a canceled generation whose task has ended meanwhile is polled by a retry, never paid again', async () => {
  const rig = await openRig({ durations: { kling: 24 * 3_600_000 } });
  const [id = ''] = await rig.enqueue('canceled', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker();
  await rig.reached([id], ['rendering']);
  expect(await cancelGeneration(rig, id)).toMatchObject({ outcome: 'canceled' });
  rig.simulator.faults.add({ on: 'poll', what: 'finish-at-once' });
  await expect.poll(async () => (await readGeneration(rig.store, id))?.taskEndedAt, { timeout: 30_000 }).toBeDefined();
  expect(await retryGeneration(rig, id, { mayPay: true, byId: true })).toMatchObject({ plan: 'poll', done: true });
  await rig.reached([id], ['succeeded']);
  expect(rig.simulator.counts().accepted).toBe(1);
  expect(await rig.generation(id), 'its end says when a person came, not how long a video takes').toMatchObject({ refetched: true });
});

test('a wish to cancel is followed also where the process that had the late answer died before it could', async () => {
  const rig = await openRig({
    durations: { kling: 600_000 },
    faults: [{ on: 'create', what: 'reset-after-read', provider: 'kling', times: 1 }, { on: 'list', what: '503', provider: 'kling' }],
  });
  const [id = ''] = await rig.enqueue('wish', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker();
  await rig.reached([id], ['ambiguous']);
  expect(await cancelGeneration(rig, id)).toMatchObject({ outcome: 'requested' });
  const doubtful = await rig.generation(id);
  const task = PROVIDERS.kling.taskFrom(rig.simulator.ledger()[0]?.taskId ?? '', doubtful.request);
  const late = { round: 1, task, taskKey: PROVIDERS.kling.taskKey(task), by: '1.dead', patch: {}, note: 'late', slotUntil: Date.now() + 3_600_000 };
  const learned = await learn(rig.store, doubtful, late);
  if (learned.outcome !== 'adopted') throw new Error(learned.outcome);
  await handOver(rig.store, rig.queues, [{ ...doubtful, task, state: 'rendering', seq: learned.seq }]);
  await rig.reached([id], ['canceled', 'succeeded']);
  expect(await rig.generation(id)).toMatchObject({ state: 'canceled', taskKey: late.taskKey });
});

test('the signed link leaves the ledger once the file is stored, and a lost file is fetched again by a fresh one', async () => {
  const rig = await openRig();
  const [id = ''] = await rig.enqueue('links', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker();
  await rig.reached([id], ['succeeded']);
  const stored = await rig.generation(id);
  expect([stored.assets, stored.refetched]).toEqual([undefined, undefined]);
  const { redis, keys } = await shardHolding(rig.store, id);
  const record = JSON.stringify(await redis.hgetall(keys.generation(id)));
  expect(record).toContain('"state":"succeeded"');
  expect(record).not.toContain('Signature');
  expect(await retryGeneration(rig, id, { mayPay: false, byId: true, verify: () => Promise.resolve(false) })).toMatchObject({ plan: 'verify', done: true });
  await rig.reached([id], ['succeeded']);
  expect(await rig.generation(id), 'its end says nothing of how long a video takes').toMatchObject({ refetched: true });
  expect(rig.simulator.counts().accepted).toBe(1);
});
