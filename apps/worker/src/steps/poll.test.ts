/**
 * What one look leads to: nobody but a person pays where it may be for the second time, and no task is given up that may still come to its end.
 */
import { Queue } from 'bullmq';
import { flag, jobId, MOST_QUICK_POLLS, note, type Patch, release, retryGeneration, transition } from '@dailies/queue';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pollStep } from './poll.ts';
import { answering, openStepStage } from './testing/step-stage.ts';

const UNBILLED = answering({ state: 'failed', failure: { kind: 'upstream', message: 'no channel', retryable: true, unbilled: true } });

async function afterUnbilled(patch: Patch) {
  const stage = openStepStage();
  const generation = await stage.rendering(patch);
  await pollStep(stage.context, UNBILLED, stage.delivery(generation));
  return stage.ledger.generation(generation.id);
}

test('what failed unbilled is sent again by itself, in a new round', async () => {
  expect(await afterUnbilled({})).toMatchObject({ state: 'queued', round: 2, resubmits: 1 });
});

test.each([1, 2])('what failed unbilled %s times leaves its upstream the same time where Redis refused its job, and the old one finds it queued', async (times) => {
  const stage = openStepStage();
  const generation = await stage.rendering({ resubmits: times - 1 });
  const add = vi.spyOn(Queue.prototype, 'add').mockRejectedValueOnce(new Error('BUSY Redis is busy running a script.'));
  onTestFinished(() => add.mockRestore());
  await expect(pollStep(stage.context, UNBILLED, stage.delivery(generation))).rejects.toThrow('BUSY');
  await pollStep(stage.context, UNBILLED, stage.delivery(generation));
  const { id, seq } = await stage.ledger.generation(generation.id);
  const job = await stage.context.queues.get('kling-submit').getJob(jobId(id, seq));
  expect(job?.delay).toBeGreaterThanOrEqual(0.75 * stage.context.config.resubmit.afterMs * times);
});

test.each([
  ['nobody wants any more', { unwanted: true }],
  ['comes from a restored backup, so that it may have been sent again already', { restored: true }],
  ['has a task that a person gave, which may be mistyped', { taskKey: 'another', givenTask: 'another' }],
  ['was sent again as often as it may', { resubmits: 2 }],
] as const)('what %s is not sent again by itself', async (_, patch) => {
  expect(await afterUnbilled(patch)).toMatchObject({ state: 'failed', round: 1 });
});

test('what is to be canceled, but collected if it was accepted, is looked at on', async () => {
  const found = await afterUnbilled({ cancelRequested: true, unwanted: true });
  expect([found.state, found.cancelRequested, found.unwanted]).toEqual(['failed', undefined, true]);
});

test.each(['rendering', 'overdue'] as const)('what a person calls unwanted while its unbilled failure is on its way is not sent again by itself, %s', async (state) => {
  const stage = openStepStage();
  const { ledger, context } = stage;
  const { id } = await stage.rendering();
  if (state === 'overdue') await transition(ledger.store, await ledger.generation(id), { from: ['rendering'], to: state, by: '1.deadline' });
  const asked = () => flag(context.store, id, [state], { unwanted: true });
  await pollStep(context, { ...UNBILLED, ask: (...question) => asked().then(() => UNBILLED.ask(...question)) }, stage.delivery(await ledger.generation(id)));
  expect(await ledger.generation(id)).toMatchObject({ state: 'failed', round: 1, unwanted: true });
});

test.each([
  ['is held', null, 'dropped'],
  ['is sent again where a file has it again', 'back', undefined],
  ['is sent again where a person has had it polled again', 'retried', undefined],
])('what left its file while the upstream worked on it, and failed unbilled, %s', async (_, since, wanted) => {
  const stage = openStepStage();
  const { ledger, context } = stage;
  const generation = await stage.rendering();
  const { id } = generation;
  await note(ledger.store, generation, { dropped: true });
  await transition(ledger.store, generation, { from: ['rendering'], to: 'overdue', by: '1.deadline' });
  if (since === 'back') await release(ledger.store, ledger.queues, [id], ['dropped']);
  if (since === 'retried') expect(await retryGeneration(ledger, id, { mayPay: false, byId: true })).toMatchObject({ done: true, plan: 'poll' });
  await pollStep(context, UNBILLED, stage.delivery(await ledger.generation(id)));
  const { state, round, held, seq, dropped } = await ledger.generation(id);
  expect({ state, round, held, dropped }).toEqual({ state: 'queued', round: 2, held: wanted, dropped: undefined });
  expect((await context.queues.get('kling-submit').getJob(jobId(id, seq))) === undefined).toBe(wanted === 'dropped');
});

const PENDING = answering({ state: 'pending', phase: 'running' });

test('a task that its upstream shows again has its whole grace anew, should it be missed or doubted once more', async () => {
  const stage = openStepStage();
  const missed = await stage.rendering({ missingSince: 1, doubtfulSince: 1 });
  await pollStep(stage.context, PENDING, stage.delivery(missed));
  const seen = await stage.ledger.generation(missed.id);
  expect([seen.polls, seen.missingSince, seen.doubtfulSince]).toEqual([1, undefined, undefined]);
});

test.each([
  ['an hour ago', 'is overdue', 0, 'overdue'],
  ['while polls were paused', 'has that time still to come', 2 * 3_600_000, 'rendering'],
] as const)('a task whose deadline passed %s %s', async (_when, _what, pausedMs, state) => {
  const stage = openStepStage();
  const { redis, keys } = stage.context.store;
  const late = await stage.rendering({ deadlineAt: Date.now() - 3_600_000 });
  await redis.hset(keys.pollPauses, 'kling', pausedMs);
  await pollStep(stage.context, PENDING, stage.delivery(late));
  expect(await stage.ledger.generation(late.id)).toMatchObject({ polls: 1, state });
});

test('a poll that comes before the usual time, once hints have brought on as many as they may, does not look', async () => {
  const stage = openStepStage();
  const hinted = await stage.rendering({ quick: MOST_QUICK_POLLS, usualAt: Date.now() + 60_000 });
  expect(await pollStep(stage.context, PENDING, stage.delivery(hinted))).toMatchObject({ kind: 'wait' });
  expect(await stage.ledger.generation(hinted.id)).toMatchObject({ polls: 0 });
});
