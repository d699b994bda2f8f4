/**
 * What one look leads to: nobody but a person pays where it may be for the second time, and no task is given up that may still come to its end.
 */
import { MOST_QUICK_POLLS, type Patch } from '@dailies/queue';
import { expect, test } from 'vitest';
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

test.each([
  ['nobody wants any more', { unwanted: true }],
  ['comes from a restored backup, so that it may have been sent again already', { restored: true }],
  ['has a task that a person gave, which may be mistyped', { taskKey: 'another', givenTask: 'another' }],
  ['was sent again as often as it may', { resubmits: 2 }],
] as const)('what %s is not sent again by itself', async (_, patch) => {
  expect(await afterUnbilled(patch)).toMatchObject({ state: 'failed', round: 1 });
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
