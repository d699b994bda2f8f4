/** An accepted submit is in the ledger whole, whatever came in between, and its task is looked at. */
import { Queue } from 'bullmq';
import type { Succeeded } from '@dailies/providers';
import { accountState, jobId, learnDoubt, note, shardOf, transition } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { submitStep } from '../steps/submit.ts';
import { billedOn, openStepStage, type StepStage } from '../steps/testing/step-stage.ts';
import type { AcceptedAnswers } from './accepted-answer.ts';

const TASK = { id: 'task-of-it' };
const FIRST_WAIT_MS = 60_000;

/** `during`: while the request is on its way. `done`: it is finished at once. */
async function accepted(during: (stage: StepStage, id: string) => unknown = () => undefined, done?: Succeeded) {
  const answers: AcceptedAnswers = new Map();
  const stage = openStepStage({
    submit: async () => {
      await during(stage, generation.id);
      return { task: TASK, ...(done === undefined ? {} : { done }) };
    },
  });
  const prices = billedOn(done === undefined ? 'acceptance' : 'success');
  Object.assign(stage.context, { prices, pacing: { firstWait: () => Promise.resolve(FIRST_WAIT_MS) } });
  const generation = await stage.queued();
  await submitStep(stage.context, answers, stage.delivery(generation));
  return { ...stage, ...(await stage.ledger.generation(generation.id)), answers };
}

function judged({ ledger: { store, generation } }: StepStage, id: string): Promise<unknown> {
  return generation(id).then((found) => transition(store, found, { from: ['submitting'], to: 'ambiguous', by: '1.judge', patch: { attempts: found.attempts + 1 } }));
}

function wishToCancel({ ledger: { store, generation } }: StepStage, id: string): Promise<unknown> {
  return generation(id).then((found) => note(store, found, { cancelRequested: true }));
}

function refuseNextJob(): void {
  const add = vi.spyOn(Queue.prototype, 'add').mockRejectedValueOnce(new Error("OOM command not allowed when used memory > 'maxmemory'."));
  onTestFinished(() => add.mockRestore());
}

test('what is accepted has its task, its times and its slot, belongs to it alone, and is looked at after the first wait, though Redis is full at first', async () => {
  const before = Date.now();
  const { ledger, account, upstream, id, seq, answers, ...found } = await accepted(refuseNextJob);
  expect(found).toMatchObject({ state: 'rendering', attempts: 1, task: TASK, bill: '1000000|USD|price|m' });
  const { submittedAt = 0, deadlineAt, taskKey = '' } = found;
  expect(submittedAt).toBeGreaterThanOrEqual(before);
  expect(deadlineAt).toBe(submittedAt + upstream.settings.pace.deadlineMs);
  const { redis, keys } = shardOf(ledger.store, account);
  expect(Number(await redis.zscore(keys.slots(account), id))).toBe(deadlineAt);
  expect(await redis.hget(keys.tasks(account), taskKey)).toBe(id);
  expect(await ledger.queues.get('kling-poll').getJob(jobId(id, seq))).toMatchObject({ delay: FIRST_WAIT_MS });
  expect(answers.size).toBe(0);
  expect((await accountState(ledger.store, account)).limit).toBe(2);
});

test('what is to be canceled, but collected if it was accepted, renders on, flagged unwanted', async () => {
  const { ledger, id, seq, ...found } = await accepted(async ({ ledger: { store, generation } }, own) => {
    await note(store, await generation(own), { cancelRequested: true, unwanted: true });
  });
  expect(found).toMatchObject({ state: 'rendering', task: TASK, unwanted: true });
  expect(found.cancelRequested).toBeUndefined();
  expect(await ledger.queues.get('kling-poll').getJob(jobId(id, seq))).toMatchObject({ delay: FIRST_WAIT_MS });
});

test('what is finished at once is fetched, and not looked at, nor canceled, which it says to who wished that', async () => {
  const assets: Succeeded['assets'] = [{ kind: 'video', url: 'http://127.0.0.1:1/it.mp4' }];
  const done: Succeeded = { state: 'succeeded', assets, reported: { amount: 3, unit: 'USD' } };
  const { ledger, account, id, seq, ...found } = await accepted(wishToCancel, done);
  expect(found).toMatchObject({ state: 'downloading', attempts: 1, task: TASK, assets, bill: '3000000|USD|price|m' });
  expect(found.cancelRequested).toBeUndefined();
  expect(found.history.at(-1)).toMatchObject({ state: 'downloading', note: 'not canceled, as a person had asked: it is paid and ready' });
  expect(await ledger.queues.of(shardOf(ledger.store, account).number).get('download').getJob(jobId(id, seq))).toBeDefined();
});

test('a task that comes after others have judged its submit is adopted, counts once, and is looked at', async () => {
  const { ledger, id, seq, ...found } = await accepted(judged);
  expect(found).toMatchObject({ state: 'rendering', attempts: 1, task: TASK });
  expect(found.strays).toBeUndefined();
  expect(await ledger.queues.get('kling-poll').getJob(jobId(id, seq))).toMatchObject({ delay: FIRST_WAIT_MS });
});

test.each([
  ['while it is on its way', wishToCancel],
  ['after others have judged its submit', (stage: StepStage, id: string) => judged(stage, id).then(() => wishToCancel(stage, id))],
] as const)('what somebody wishes to cancel %s is canceled, and keeps its task and its slot, since it is billed', async (_, during) => {
  const { ledger, account, id, ...found } = await accepted(during);
  expect(found).toMatchObject({ state: 'canceled', task: TASK });
  expect(found.cancelRequested).toBeUndefined();
  const { redis, keys } = shardOf(ledger.store, account);
  expect(await redis.zscore(keys.slots(account), id)).not.toBeNull();
  expect(await redis.zscore(keys.live, id)).not.toBeNull();
});

test('what a callback tells of while it is on its way is looked at at once', async () => {
  const { ledger, id, seq } = await accepted(async ({ account, ledger: { store } }, own) => {
    const { redis, keys } = shardOf(store, account);
    await redis.hset(keys.generation(own), 'hintAt', Date.now());
  });
  const job = await ledger.queues.get('kling-poll').getJob(jobId(id, seq));
  expect(await job?.isDelayed()).toBe(false);
});

test('an acceptance ends no doubt that came after its submit was sent', async () => {
  const { ledger, account } = await accepted(({ ledger: { store }, account: own }) => learnDoubt(store, own, 'since'));
  expect(await accountState(ledger.store, account)).toMatchObject({ doubts: 1 });
});

test('with REDIS_REPLICAS, a task that a fail-over has un-written is written again, and looked at', async () => {
  const asked: string[] = [];
  const { ledger, id, answers } = await accepted(async ({ account, context, ledger: { store } }, own) => {
    const { redis, keys } = shardOf(store, account);
    const submitting = (await redis.dumpBuffer(keys.generation(own))) ?? '';
    const has: typeof context.replicas.has = async (_shard, proof) => {
      asked.push(proof.key);
      if (asked.length > 1) return 'yes';
      await redis.restore(keys.generation(own), 0, submitting, 'REPLACE');
      await redis.hdel(keys.tasks(account), TASK.id);
      return 'missing';
    };
    Object.assign(context, { config: { ...context.config, redisReplicas: 1 }, replicas: { ...context.replicas, has } });
  });
  await expect.poll(() => answers.size).toBe(0);
  const { seq, ...found } = await ledger.generation(id);
  expect(found).toMatchObject({ state: 'rendering', attempts: 1, task: TASK });
  expect(await ledger.queues.get('kling-poll').getJob(jobId(id, seq))).toMatchObject({ delay: FIRST_WAIT_MS });
  expect(asked).toHaveLength(2);
});
