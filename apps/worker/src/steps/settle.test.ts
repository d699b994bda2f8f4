/** When a look-up is believed, and what it teaches. */
import { lookupsOf, note } from '@dailies/queue';
import { expect, test } from 'vitest';
import { adopt } from '../settle/adopt.ts';
import { settleStep } from './settle.ts';
import { openStepStage, type StepStage } from './testing/step-stage.ts';

const AT_ONCE = { settleAfterMs: 10, settleSilentMs: 30 };
const absent = { find: () => Promise.resolve('absent' as const) };
const by = '1.look';

async function settled(stage: StepStage, id: string) {
  const step = await settleStep(stage.context, { desk: stage.desk, generation: await stage.ledger.generation(id), by });
  return { step, ...(await stage.ledger.generation(id)) };
}

test('absence is believed once it has rested, and sent again without an attempt', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { id } = await stage.ambiguous(1_000);
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'queued', absences: 1, attempts: 0 });
});

test('absence is counted from the end of the exchange, not from its begin', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const sentAt = Date.now() - 1_000;
  const { id } = await stage.ambiguous(1_000, { ambiguity: { sentAt, endAt: sentAt + 60_000, endSeen: true, why: 'our time-out' } });
  // Longer than what has to pass by the clock of Redis.
  await expect.poll(async () => Date.now() - sentAt).toBeGreaterThan(1_050);
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
});

test('absence is not acted on where nothing is to be sent again by itself', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { id } = await stage.ambiguous(60_000);
  stage.desk.settings = { ...stage.desk.settings, resubmitAbsent: false };
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'unresolved' });
});

test('what was never accepted, and somebody wishes to cancel, is canceled', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { id } = await stage.ambiguous(1_000);
  await note(stage.ledger.store, await stage.ledger.generation(id), { cancelRequested: true });
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'canceled' });
});

test('a task of the same request is not taken while a sibling that may own it has no answer', async () => {
  const stage = openStepStage({ find: () => Promise.resolve({ task: { id: 'whose' }, by: 'request' as const }) }, { ...AT_ONCE, settleSilentMs: 600_000 });
  const sibling = await stage.submitting();
  const { id } = await stage.ambiguous(20);
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
  expect(await stage.ledger.generation(sibling.id)).toMatchObject({ state: 'submitting' });
});

test.each([
  ['a look-up by our id', 'client-id', 'look-up', { foundBefore: true, nonceSeen: false }],
  ['a look-up by our nonce', 'nonce', 'look-up', { foundBefore: true, nonceSeen: true }],
  ['a look-up by the request alone, which shows nothing of ours', 'request', 'look-up', { foundBefore: false, nonceSeen: false }],
  ['a callback, whatever it shows', 'nonce', 'callback', { foundBefore: false, nonceSeen: false }],
] as const)('%s proves of the look-up what it has shown, and no more', async (_, mark, namedBy, known) => {
  const stage = openStepStage();
  const generation = await stage.ambiguous(1_000);
  const found = { task: { id: 't1' }, by: mark };
  await adopt(stage.context, { desk: stage.desk, generation, by }, { found, sentAt: Date.now(), namedBy });
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'rendering' });
  expect(await lookupsOf(stage.ledger.store, stage.account, 'kling:classic')).toEqual(known);
});
