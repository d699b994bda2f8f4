/** What the upstream's word of a failure that is not billed leads to: nobody but a person pays where it may be for the second time. */
import type { Patch } from '@dailies/queue';
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
  ['was sent again as often as it may', { resubmits: 2 }],
] as const)('what %s is not sent again by itself', async (_, patch) => {
  expect(await afterUnbilled(patch)).toMatchObject({ state: 'failed', round: 1 });
});
