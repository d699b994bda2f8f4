/** When a submit is sent: once, what is on record before its request leaves, and what the gate hears of it. */
import { ProviderError } from '@dailies/providers';
import { jobId, note, shardOf } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { submitStep } from '../steps/submit.ts';
import { openStepStage } from '../steps/testing/step-stage.ts';

const ABORTED = new ProviderError('aborted', 'not sent');

test('of two deliveries of one job that come at the same moment one sends', async () => {
  const submit = vi.fn<() => Promise<never>>(() => Promise.reject(ABORTED));
  const stage = openStepStage({ submit });
  const generation = await stage.queued();
  const twice = ['one', 'other'].map((token) => submitStep(stage.context, new Map(), { ...stage.delivery(generation), token }));
  await Promise.all(twice);
  expect(submit).toHaveBeenCalledTimes(1);
});

test('the name and the mark that a request carries, where it goes and until when, are on record before it leaves, and the guard has seen it', async () => {
  const sawIntent = vi.fn();
  const known: unknown[] = [];
  const stage = openStepStage({
    submit: async (_request, { clientId, nonce, access }) => {
      const { state, sendBy = 0, ...intent } = await stage.ledger.generation(generation.id);
      expect(intent).toMatchObject({ clientId, nonce, endpointPath: access.endpointPath });
      const { redis, keys } = shardOf(stage.ledger.store, stage.account);
      const [[event] = []] = await redis.xrevrange(keys.events, '+', '-', 'COUNT', 1);
      known.push(state, sendBy > Date.now(), sawIntent.mock.calls, event);
      throw ABORTED;
    },
  });
  Object.assign(stage.context, { sawIntent });
  const generation = await stage.queued();
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(known).toEqual(['submitting', true, [[known.at(-1)]], expect.stringMatching(/^\d+-\d+$/)]);
});

test.each([
  ['accepted', async () => ({ task: { id: 'task-of-it' } }), ['admitted', 'used', 'sends', 'answered']],
  ['put back', () => Promise.reject(ABORTED), ['admitted', 'used', 'sends', 'returns']],
] as const)('the gate hears how far a submit is that is %s', async (_, end, told) => {
  const heard: string[] = [];
  const stage = openStepStage({ submit: () => (heard.push('sends'), end()) });
  Object.assign(stage.context, { pacing: { firstWait: () => Promise.resolve(60_000) } });
  const generation = await stage.queued();
  const hears = Object.fromEntries(['admitted', 'used', 'answered', 'returns'].map((word) => [word, () => void heard.push(word)]));
  await submitStep(stage.context, new Map(), { ...stage.delivery(generation), ...hears });
  expect(heard).toEqual(told);
});

test('what a callback has named a task of is not sent before the upstream was asked about that task', async () => {
  const submit = vi.fn();
  const stage = openStepStage({ submit });
  const generation = await stage.queued();
  await note(stage.ledger.store, generation, { offer: 'task-of-it' });
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(submit).not.toHaveBeenCalled();
  const { redis, keys } = shardOf(stage.ledger.store, stage.account);
  expect(await redis.smembers(keys.offered)).toEqual([generation.id]);
});

test('a submit whose scripts a lost connection sends twice is sent once, recorded once, and looked at', async () => {
  const submit = vi.fn(async () => ({ task: { id: 'task-of-it' } }));
  const stage = openStepStage({ submit });
  Object.assign(stage.context, { pacing: { firstWait: () => Promise.resolve(60_000) } });
  const generation = await stage.queued();
  const { redis } = shardOf(stage.ledger.store, stage.account);
  const once = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  // Answered only the second time.
  const twice = vi.spyOn(redis, 'evalsha').mockImplementation(async (...args: unknown[]) => {
    await once(...args);
    return once(...args);
  });
  onTestFinished(() => twice.mockRestore());
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(submit).toHaveBeenCalledTimes(1);
  const { seq, ...found } = await stage.ledger.generation(generation.id);
  expect(found).toMatchObject({ state: 'rendering', attempts: 1, task: { id: 'task-of-it' } });
  expect(found.strays).toBeUndefined();
  expect(await stage.ledger.queues.get('kling-poll').getJob(jobId(generation.id, seq))).toBeDefined();
});
