/** What a refused submit leaves behind: of its generation, of its account, and of a later submit of the same generation. */
import { type ErrorKind, ProviderError } from '@dailies/providers';
import { accountState, afterRestore, jobId, learnDoubt, note, pauses, resolveGeneration, retryGeneration, shardOf, transition } from '@dailies/queue';
import { expect, test } from 'vitest';
import { ADMISSION } from '../../../../test/support/ledger.ts';
import { olderCopy } from '../../../../test/support/older-copy.ts';
import { submitStep } from '../steps/submit.ts';
import { openStepStage, type StepStage } from '../steps/testing/step-stage.ts';
import { addressedModel } from './addressed-model.ts';

/** `during`: while the request is on its way. */
async function refusedWith(kind: ErrorKind, details: { retryAfterMs?: number; endSeen?: boolean; idUsed?: boolean } = {}, during: (stage: StepStage, id: string) => unknown = () => undefined) {
  const stage = openStepStage({
    submit: async () => {
      await during(stage, generation.id);
      throw new ProviderError(kind, 'no', details);
    },
  });
  const generation = await stage.queued();
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  return { ...stage, ...(await stage.ledger.generation(generation.id)) };
}

/** Each step as another delivery takes it. */
async function goesOn({ ledger: { store, generation } }: StepStage, id: string, ...states: ('ambiguous' | 'unresolved' | 'queued' | 'submitting')[]): Promise<void> {
  for (const [at, to] of states.entries()) {
    const found = await generation(id);
    const admission = to === 'submitting' ? ADMISSION : undefined;
    const patch = to === 'ambiguous' ? { attempts: found.attempts + 1, ambiguity: { sentAt: 1, endSeen: false, why: 'silent' } } : undefined;
    const result = await transition(store, found, { from: [found.state], to, by: `1.other-${at}`, admission, patch });
    expect(result.outcome).toBe('won');
  }
}

test.each<[what: string, kind: ErrorKind, wish: boolean]>([
  ['A refusal for good', 'rejected', false],
  ['A refusal that waits', 'aborted', false],
  ['A refusal of what somebody wishes to cancel', 'aborted', true],
  ['A doubt', 'ambiguous', false],
])('%s says nothing of a later submit that is on its way', async (_, kind, wish) => {
  const { state, ambiguity } = await refusedWith(kind, {}, async (stage, id) => {
    await goesOn(stage, id, 'ambiguous', 'queued', 'submitting');
    if (wish) await note(stage.ledger.store, await stage.ledger.generation(id), { cancelRequested: true });
  });
  expect({ state, ambiguity }).toMatchObject({ state: 'submitting', ambiguity: { why: 'silent' } });
});

test.each([['ambiguous'], ['ambiguous', 'unresolved']] as const)('what others have judged meanwhile (%s %s) is queued as if it had not been, with a job', async (...judged) => {
  const { ledger, id, seq, ...found } = await refusedWith('aborted', {}, (stage, own) => goesOn(stage, own, ...judged));
  expect(found).toMatchObject({ state: 'queued', attempts: 0 });
  expect(found.ambiguity).toBeUndefined();
  expect(await ledger.queues.get('kling-submit').getJob(jobId(id, seq))).toBeDefined();
});

test.each(['queued', 'submitting'])('a submit from the lost time does not queue again what the restored copy calls %s: it may have been sent once more in that time', async (state) => {
  const stage: StepStage = openStepStage({
    submit: async () => {
      const copy = state === 'queued' ? before : await olderCopy(stage.ledger);
      await copy.comesBack();
      expect(await afterRestore(stage.ledger)).toMatchObject({ inDoubt: 1 });
      throw new ProviderError('aborted', 'too late');
    },
  });
  const generation = await stage.queued();
  const before = await olderCopy(stage.ledger);
  await submitStep(stage.context, new Map(), stage.delivery(generation));
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'ambiguous', restored: true });
});

test.each(['failed', 'unresolved'])('a submit from the lost time does not queue what is being sent again, since the restored copy called it %s', async (state) => {
  const stage: StepStage = openStepStage({
    submit: async () => {
      await before.comesBack();
      await afterRestore(stage.ledger);
      expect(await sentAgain()).toMatchObject({ done: true });
      await goesOn(stage, id, 'submitting');
      throw new ProviderError('aborted', 'too late');
    },
  });
  const { id } = await stage.queued();
  const failure = { kind: 'other', message: 'no', retryable: true };
  if (state === 'unresolved') await goesOn(stage, id, 'submitting', 'ambiguous', 'unresolved');
  else await transition(stage.ledger.store, await stage.ledger.generation(id), { from: ['queued'], to: 'failed', by: '1.a', patch: { failure } });
  const sentAgain = (): Promise<{ done: boolean }> =>
    state === 'failed' ? retryGeneration(stage.ledger, id, { mayPay: true, byId: true }) : resolveGeneration(stage.ledger, id, { what: 'resubmit' });
  const before = await olderCopy(stage.ledger);
  await sentAgain();
  await submitStep(stage.context, new Map(), stage.delivery(await stage.ledger.generation(id)));
  expect(await stage.ledger.generation(id)).toMatchObject({ state: 'submitting' });
});

test('what is put back takes none of its failed look-ups into a later doubt, which they would soon make a question', async () => {
  const { state, badLooks } = await refusedWith('aborted', {}, async (stage, id) => {
    await goesOn(stage, id, 'ambiguous');
    await note(stage.ledger.store, await stage.ledger.generation(id), { badLooks: 89 });
  });
  expect({ state, badLooks }).toEqual({ state: 'queued', badLooks: undefined });
});

const ANSWERED = ['rejected', 'quota', 'rate', 'slots'] as const;

test.each(ANSWERED)('a refusal (%s) ends the doubts from before it was sent, and none that came since', async (kind) => {
  const doubtBefore = await refusedWith(kind, {}, async ({ ledger: { store }, account }) => {
    await learnDoubt(store, account, 'before');
    const { redis, keys } = shardOf(store, account);
    await redis.hset(keys.account(account), 'doubtAt', 1);
  });
  expect(await accountState(doubtBefore.ledger.store, doubtBefore.account)).toMatchObject({ doubts: 0 });
  const doubtSince = await refusedWith(kind, {}, ({ ledger: { store }, account }) => learnDoubt(store, account, 'since'));
  expect(await accountState(doubtSince.ledger.store, doubtSince.account)).toMatchObject({ doubts: 1 });
});

test.each(['unavailable', 'ambiguous'] as const)('a submit that was not answered for (%s) is one more towards an open breaker', async (kind) => {
  const { ledger, account } = await refusedWith(kind, {}, async ({ ledger: { store }, account: own }) => {
    for (const submit of ['one', 'two']) await learnDoubt(store, own, submit);
  });
  expect((await accountState(ledger.store, account)).openSince).not.toBeNull();
});

test.each<[kind: ErrorKind, retryAfterMs: number | undefined, ours: number, from: number, to: number]>([
  ['rate', undefined, 0, 1_000, 3_000],
  ['rate', 90_000, 0, 85_000, 90_000],
  ['unavailable', undefined, 0, 200, 2_000],
  ['unavailable', 90_000, 0, 85_000, 90_000],
  ['slots', undefined, 0, 1_000, 3_000],
  // One of ours will make room when it ends.
  ['slots', undefined, 1, 0, 0],
  ['slots', 90_000, 1, 85_000, 90_000],
  ['aborted', undefined, 0, 0, 0],
])('after %s (asked to come back in: %s ms; of ours in flight: %i) the account rests for %i to %i ms', async (kind, retryAfterMs, ours, from, to) => {
  const details = retryAfterMs === undefined ? {} : { retryAfterMs };
  const began = Date.now();
  const { ledger, account } = await refusedWith(kind, details, async (stage) => {
    for (let at = 0; at < ours; at += 1) await stage.rendering();
  });
  const ended = Date.now();
  // What is left of it on a busy machine may be nothing.
  const { redis, keys } = shardOf(ledger.store, account);
  const until = Math.max(began, Number((await redis.hget(keys.cooldowns, account))?.split('|')[0] ?? 0));
  expect(until - began).toBeGreaterThanOrEqual(from);
  expect(until - ended).toBeLessThanOrEqual(to);
});

test('what turns the account away pauses it, and the generation waits without having used an attempt', async () => {
  const { ledger, account, state, attempts } = await refusedWith('auth');
  expect({ state, attempts }).toEqual({ state: 'queued', attempts: 0 });
  expect(await pauses(ledger.store)).toMatchObject([{ scope: `account:${account}`, kind: 'auth', reason: 'no', polls: true }]);
});

test.each([true, false])('a doubt keeps whether the end of its exchange was seen (%s), and when, and has its look-up', async (endSeen) => {
  const before = Date.now();
  const { ledger, account, id, seq, ...found } = await refusedWith('ambiguous', { endSeen });
  expect(found).toMatchObject({ state: 'ambiguous', attempts: 1, ambiguity: { endSeen, why: 'no' } });
  expect(found.ambiguity?.sentAt).toBeGreaterThanOrEqual(before);
  if (endSeen) expect(found.ambiguity?.endAt).toBeGreaterThanOrEqual(found.ambiguity?.sentAt ?? Infinity);
  else expect(found.ambiguity?.endAt).toBeUndefined();
  expect(await ledger.queues.get('kling-poll').getJob(jobId(id, seq))).toBeDefined();
  // The upstream may count it for as long as a task may take.
  const { redis, keys } = shardOf(ledger.store, account);
  expect(Number(await redis.zscore(keys.slots(account), id)) - (found.ambiguity?.sentAt ?? 0)).toBe(found.upstream.settings.pace.deadlineMs);
});

test.each([
  ['A refusal for an id that the upstream has had before is an answer, and does not open the breaker', true, null],
  ['A third doubt opens the breaker', false, expect.any(Number) as unknown],
])('%s', async (_, idUsed, openSince) => {
  const { ledger, account, state } = await refusedWith('ambiguous', { idUsed }, async (stage) => {
    for (const earlier of ['a', 'b']) await learnDoubt(stage.ledger.store, stage.account, earlier);
  });
  expect(state).toBe('ambiguous');
  expect((await accountState(ledger.store, account)).openSince).toEqual(openSince);
});

test.each([
  ['names the model', true, 'failed'],
  ['does not, such as a page of a proxy, which concerns all models,', false, 'queued'],
])('where an account has taken another model, a refusal that %s (%s) leaves the prompt %s', async (_, namesModel, state) => {
  const refuse = () => Promise.reject(new ProviderError('configuration', 'no', { namesModel }));
  const stage = openStepStage({ submit: refuse });
  const { id, request } = await stage.queued({ request: { prompt: 'a little dog', model_name: 'kling-v2-master' } });
  const address = addressedModel(stage.upstream, { request })?.address;
  const { redis, keys } = shardOf(stage.ledger.store, stage.account);
  await redis.hset(keys.account(stage.account), `takes:${address}:kling-v1`, '1');
  await submitStep(stage.context, new Map(), stage.delivery(await stage.ledger.generation(id)));
  expect((await stage.ledger.generation(id)).state).toBe(state);
  expect(await pauses(stage.ledger.store)).toHaveLength(state === 'queued' ? 1 : 0);
});
