/** What the submit step does around the one paid request. */
import { ProviderError } from '@dailies/providers';
import { accountState, learnDoubt, note, shardOf, transition } from '@dailies/queue';
import { expect, test, vi } from 'vitest';
import { ADMISSION } from '../../../../test/support/ledger.ts';
import type { AcceptedAnswers } from '../submit/accepted-answer.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';
import { submitStep } from './submit.ts';
import { openStepStage, type StepStage } from './testing/step-stage.ts';

type MaySend = () => boolean;

/** Calls `during` while the request is on its way, which then comes to this end. */
async function submitOne(end: ProviderError, during: (stage: StepStage, maySend: MaySend, id: string) => unknown): Promise<StepStage & { id: string }> {
  const stage = openStepStage({
    submit: async (_request, call) => {
      await during(stage, call.maySend, generation.id);
      throw end;
    },
  });
  const generation = await stage.queued();
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  return { ...stage, id: generation.id };
}

const ABORTED = new ProviderError('aborted', 'not sent');
const REFUSED = new ProviderError('rejected', 'no such model');

test('paid bytes leave within seconds of the decision, by whichever clock went further', async () => {
  const asked: boolean[] = [];
  await submitOne(ABORTED, (_, maySend) => {
    asked.push(maySend());
    for (const clock of [Date, performance]) {
      const late = vi.spyOn(clock, 'now').mockReturnValue(clock.now() + 6_000);
      asked.push(maySend());
      late.mockRestore();
    }
    asked.push(maySend());
  });
  expect(asked).toEqual([true, false, false, true]);
});

test('a worker that stops sends nothing any more', async () => {
  const asked: boolean[] = [];
  const { ledger, id } = await submitOne(ABORTED, ({ stop }, maySend) => {
    stop.abort();
    asked.push(maySend());
  });
  expect(asked).toEqual([false]);
  expect(await ledger.generation(id)).toMatchObject({ state: 'queued', attempts: 0 });
});

test('what somebody wishes to cancel is not sent', async () => {
  const submit = vi.fn();
  const stage = openStepStage({ submit });
  const generation = await stage.queued();
  await note(stage.ledger.store, generation, { cancelRequested: true });
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(submit).not.toHaveBeenCalled();
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'canceled' });
});

test('what somebody wishes to cancel while it is refused is canceled, and not put back', async () => {
  const { ledger, id } = await submitOne(ABORTED, async ({ ledger: { store, generation } }, _, own) => {
    await note(store, await generation(own), { cancelRequested: true, unwanted: true });
  });
  const canceled = await ledger.generation(id);
  expect(canceled).toMatchObject({ state: 'canceled', attempts: 0 });
  expect(canceled.unwanted).toBeUndefined();
  expect(canceled.history.map(({ state }) => state)).toEqual(['queued', 'submitting', 'canceled']);
});

test('a refusal is an answer: it ends the doubts about the upstream', async () => {
  const { ledger, account } = await submitOne(REFUSED, async ({ ledger: { store }, account: own }) => {
    await learnDoubt(store, own, 'earlier');
    const { redis, keys } = shardOf(store, own);
    await redis.hset(keys.account(own), 'doubtAt', 1);
  });
  expect(await accountState(ledger.store, account)).toMatchObject({ doubts: 0 });
});

test('what was judged silent while it was refused goes back to the queue: nobody has to decide it', async () => {
  const { ledger, id } = await submitOne(REFUSED, async ({ ledger: { store, generation } }, _, own) => transition(store, await generation(own), { from: ['submitting'], to: 'ambiguous', by: '1.judge' }));
  expect(await ledger.generation(id)).toMatchObject({ state: 'queued' });
});

test('a refusal says nothing of a later submit, whose outcome nobody knows', async () => {
  const { ledger, id } = await submitOne(REFUSED, async ({ ledger: { store, generation } }, _, own) => {
    for (const [from, to] of [['submitting', 'ambiguous'], ['ambiguous', 'queued'], ['queued', 'submitting'], ['submitting', 'ambiguous']] as const) {
      const { outcome } = await transition(store, await generation(own), { from: [from], to, by: `1.${from}-${to}`, ...(to === 'submitting' ? { admission: ADMISSION } : {}) });
      expect(outcome).toBe('won');
    }
  });
  expect(await ledger.generation(id)).toMatchObject({ state: 'ambiguous' });
});

test.each([
  ['too few replicas have', 'few', 'queued'],
  ['a fail-over has taken', 'missing', 'submitting'],
] as const)('no request leaves whose intent %s', async (_, kept, state) => {
  const submit = vi.fn();
  const stage = openStepStage({ submit });
  const generation = await stage.queued();
  const has = vi.fn<(shard: unknown, proof: unknown) => Promise<'few' | 'missing'>>(() => Promise.resolve(kept));
  Object.assign(stage.context, { replicas: { has } });
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(submit).not.toHaveBeenCalled();
  const { keys } = shardOf(stage.ledger.store, stage.account);
  expect(has.mock.calls.map(([, proof]) => proof)).toEqual([{ key: keys.generation(generation.id), field: 'lastBy', is: '1.here' }]);
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state, attempts: 0 });
});

test.each([
  ['its account', { account: 1, provider: 5 }],
  ['its provider', { account: 5, provider: 1 }],
] as const)('what comes without a place of its own is not sent where %s takes no more', async (_, most) => {
  const submit = vi.fn();
  const stage = openStepStage({ submit });
  const { kling } = stage.context.config.providers;
  if (kling.account === null) throw new Error('no account');
  const limited = { ...kling, maxInFlight: most.provider, account: { ...kling.account, maxInFlight: most.account } };
  Object.assign(stage.context, { config: { ...stage.context.config, providers: { ...stage.context.config.providers, kling: limited } } });
  const { redis, keys } = shardOf(stage.ledger.store, stage.account);
  // On the account, a task of another provider's counts as well.
  if (most.account === 1) await redis.zadd(keys.slots(stage.account), Date.now() + 60_000, 'of-another');
  else await stage.rendering();
  const generation = await stage.queued();
  expect(await submitStep(stage.context, new Map(), stage.delivery(generation))).toMatchObject({ kind: 'back' });
  expect(submit).not.toHaveBeenCalled();
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'queued', attempts: 0 });
});

test('others may judge an intent only once its request cannot be on its way any more', async () => {
  const judgedFrom: number[] = [];
  const { context } = await submitOne(ABORTED, async ({ ledger: { store }, account }, _, id) => {
    const { redis, keys } = shardOf(store, account);
    judgedFrom.push(Number(await redis.zscore(keys.intents(account), id)) - Date.now());
  });
  expect(judgedFrom[0]).toBeGreaterThan(SEND_WITHIN_MS + context.config.upstreamTimeoutMs - 1_000);
});

test('an accepted task is in hand until the replicas have it, and is told to a ledger again that a fail-over made forget it', async () => {
  const task = { id: 'task-of-it' };
  const stage = openStepStage({ submit: async () => ({ task }) }, { redisReplicas: 1 });
  const generation = await stage.queued();
  const { redis, keys } = shardOf(stage.ledger.store, stage.account);
  const answers: AcceptedAnswers = new Map();
  const inHand: number[] = [];
  const words = ['yes', 'few', 'missing', 'yes'];
  Object.assign(stage.context, {
    pacing: { firstWait: () => Promise.resolve(60_000) },
    replicas: {
      async has() {
        inHand.push(answers.size);
        const word = words.shift();
        if (word !== 'missing') return word;
        // As a replica was that had the intent and no more.
        await redis.hset(keys.generation(generation.id), { state: 'submitting', seq: generation.seq, lastTo: 'submitting', lastBy: '1.here' });
        await redis.hdel(keys.generation(generation.id), 'task', 'taskKey', 'submittedAt');
        await redis.del(keys.tasks(stage.account));
        return word;
      },
    },
  });
  await submitStep(stage.context, answers, stage.delivery(generation));
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'rendering', task });
  await expect.poll(() => answers.size).toBe(0);
  expect(inHand).toEqual([0, 1, 1, 1]);
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'rendering', task });
});

test('the answer of a paid request is in the log before it is in the ledger', async () => {
  const stage = openStepStage({ submit: async () => ({ task: { id: 'task-of-it' } }) });
  const generation = await stage.queued();
  const order: unknown[] = [];
  Object.assign(stage.context, {
    pacing: { firstWait: () => Promise.resolve(60_000) },
    at: (point: string) => void (point === 'submit:recorded' && order.push(point)),
    log: { ...stage.context.log, info: (facts: Record<string, unknown>, text: string) => void order.push([text, facts['generation'], facts['task']]) },
  });
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(order).toEqual([['accepted', generation.id, expect.stringContaining('task-of-it')], 'submit:recorded']);
});
