/** A task that a person gave can be taken back: nobody is stuck with a mistyped one, and nothing is sent again before it was given up. */
import { expect, test } from 'vitest';
import { accept, ACCOUNT, newGeneration, openTestLedger, shardHolding, type TestLedger } from '../../../../test/support/ledger.ts';
import { learn } from '../ledger/learn.ts';
import { slotsTaken } from '../ledger/read.ts';
import type { Patch } from '../ledger/record.ts';
import { shrinkEnded } from '../ledger/retention/retention.ts';
import { transition } from '../ledger/transition.ts';
import { jobId } from '../queues/names.ts';
import type { State } from '../states.ts';
import { resolveGeneration } from './resolve.ts';
import { retryGeneration } from './retry.ts';

const MISSING: Patch = { failure: { kind: 'missing', message: 'the upstream does not know this task (any more)', retryable: true }, finishedAt: 1 };

async function move(ledger: TestLedger, to: State, patch: Patch = {}): Promise<void> {
  const generation = await ledger.generation('one');
  const admission = { reservation: 'r', limit: 9, limitOfProvider: 9, judgeAfterMs: 60_000 };
  const result = await transition(ledger.store, generation, { from: [generation.state], to, by: `1.${to}`, patch, ...(to === 'submitting' ? { admission } : {}) });
  expect(result.outcome).toBe('won');
}

async function withGivenTask(): Promise<TestLedger> {
  const ledger = openTestLedger();
  await accept(ledger.store, 'asks', [newGeneration('one')]);
  for (const state of ['submitting', 'ambiguous', 'unresolved'] as const) await move(ledger, state);
  expect(await resolveGeneration(ledger, 'one', { what: 'task', task: 'mistyped' })).toMatchObject({ done: true });
  return ledger;
}

test.each(['rendering', 'overdue'] as const)('from %s it is given up first, which frees its slot, and only then sent again', async (state) => {
  const ledger = await withGivenTask();
  if (state === 'overdue') await move(ledger, state);
  const refusal = expect.stringContaining('give it up first (abandon)') as unknown;
  expect(await resolveGeneration(ledger, 'one', { what: 'resubmit' })).toMatchObject({ done: false, message: refusal });
  expect(await resolveGeneration(ledger, 'one', { what: 'abandon' })).toMatchObject({ done: true });
  expect(await ledger.generation('one')).toMatchObject({ state: 'failed', failure: { kind: 'abandoned' } });
  expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(0);

  expect(await resolveGeneration(ledger, 'one', { what: 'abandon' })).toMatchObject({ done: false, message: 'it has failed already: resubmit sends it again' });
  expect(await resolveGeneration(ledger, 'one', { what: 'resubmit' })).toMatchObject({ done: true });
  const again = await ledger.generation('one');
  expect(again).toMatchObject({ state: 'queued', round: 2 });
  expect([again.task, again.givenTask, again.failure]).toEqual([undefined, undefined, undefined]);
  expect(await ledger.queues.get('allegro-submit').getJob(jobId('one', again.seq))).toMatchObject({ data: { id: 'one', seq: again.seq } });
});

test('what the upstream does not know is sent again by the word of a person, and its task is free for the one that it belongs to', async () => {
  const ledger = await withGivenTask();
  await move(ledger, 'failed', MISSING);
  // As ever: it asks about that task once more.
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: true })).toMatchObject({ plan: 'poll' });
  await move(ledger, 'failed', MISSING);
  expect(await resolveGeneration(ledger, 'one', { what: 'resubmit' })).toMatchObject({ done: true });
  const { redis, keys } = await shardHolding(ledger.store, 'one');
  expect(await redis.hget(keys.tasks(ACCOUNT), 'mistyped')).toBeNull();
});

test('one that was given up takes the right task still', async () => {
  const ledger = await withGivenTask();
  await resolveGeneration(ledger, 'one', { what: 'abandon' });
  expect(await resolveGeneration(ledger, 'one', { what: 'task', task: 'right' })).toMatchObject({ done: true });
  expect(await ledger.generation('one')).toMatchObject({ state: 'rendering', round: 1, taskKey: 'right' });
});

test('one that was given up is not sent again by a retry: that looks for its task, which may be running and paid', async () => {
  const ledger = await withGivenTask();
  await resolveGeneration(ledger, 'one', { what: 'abandon' });
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: true })).toMatchObject({ plan: 'poll', done: true });
  expect(await ledger.generation('one')).toMatchObject({ state: 'rendering', round: 1, taskKey: 'mistyped' });
});

test('past its retention it takes no word: there is no request to send any more', async () => {
  const ledger = await withGivenTask();
  await resolveGeneration(ledger, 'one', { what: 'abandon' });
  expect(await shrinkEnded(await shardHolding(ledger.store, 'one'), -60_000, 10)).toBe(1);
  for (const resolution of [{ what: 'resubmit' }, { what: 'task', task: 'right' }] as const) {
    expect(await resolveGeneration(ledger, 'one', resolution)).toMatchObject({ done: false, message: expect.stringContaining('past its retention') as unknown });
  }
  expect(await ledger.generation('one')).toMatchObject({ state: 'failed', round: 1 });
});

test('it is not sent again where its own answer came after all: that task is named', async () => {
  const ledger = await withGivenTask();
  const late = { round: 1, task: { id: 'own' }, taskKey: 'own', by: '1.own', patch: {}, note: 'the answer came late', slotUntil: Date.now() + 60_000 };
  expect(await learn(ledger.store, await ledger.generation('one'), late)).toMatchObject({ outcome: 'stray' });
  await move(ledger, 'failed', MISSING);
  expect(await resolveGeneration(ledger, 'one', { what: 'resubmit' })).toMatchObject({ done: false, message: expect.stringContaining('the task own') as unknown });
  expect(await ledger.generation('one')).toMatchObject({ state: 'failed', round: 1 });
});

test('nor does a retry send it again then, though the task that was given has failed for good', async () => {
  const ledger = await withGivenTask();
  const late = { round: 1, task: { id: 'own' }, taskKey: 'own', by: '1.own', patch: {}, note: 'the answer came late', slotUntil: Date.now() + 60_000 };
  await learn(ledger.store, await ledger.generation('one'), late);
  await move(ledger, 'failed', { failure: { kind: 'upstream', message: 'it could not be made', retryable: false }, finishedAt: 1 });
  const refusal = expect.stringContaining('with the task own; resolve it with that task') as unknown;
  expect(await retryGeneration(ledger, 'one', { mayPay: true, byId: true })).toMatchObject({ plan: 'nothing', done: false, message: refusal });
  expect(await resolveGeneration(ledger, 'one', { what: 'task', task: 'own' })).toMatchObject({ done: true });
  expect(await ledger.generation('one')).toMatchObject({ state: 'rendering', round: 1, taskKey: 'own' });
});

test('a task that the upstream itself gave is neither given up nor sent again by it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'asks', [newGeneration('one')]);
  await move(ledger, 'submitting');
  await move(ledger, 'rendering', { task: { id: 'own' }, taskKey: 'own' });
  for (const what of ['abandon', 'resubmit'] as const) expect(await resolveGeneration(ledger, 'one', { what })).toMatchObject({ done: false });
  await move(ledger, 'failed', MISSING);
  for (const what of ['abandon', 'resubmit'] as const) expect(await resolveGeneration(ledger, 'one', { what })).toMatchObject({ done: false });
});
