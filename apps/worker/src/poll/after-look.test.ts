/** What follows from the upstream's word about a task: for that task, and for none that has taken its place. */
import type { Progress } from '@dailies/providers';
import { type Generation, type Patch, shardOf, transition } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import { expect, test, vi } from 'vitest';
import { pollStep } from '../steps/poll.ts';
import { answering, billedOn, openStepStage, type StepStage } from '../steps/testing/step-stage.ts';

const failure = { kind: 'upstream', message: 'no channel', retryable: true } as const;
const SUCCEEDED: Progress = { state: 'succeeded', assets: [{ kind: 'video', url: 'http://127.0.0.1:1/it.mp4' }] };
const FAILED: Progress = { state: 'failed', failure };
const UNBILLED: Progress = { state: 'failed', failure: { ...failure, unbilled: true } };

const sawEnd = () => Promise.resolve();

function openStage(): StepStage {
  const stage = openStepStage();
  const told = { observe: () => undefined };
  Object.assign(stage.context, { meter: told, pacing: { ...stage.context.pacing, foundDone: () => undefined }, callbacks: { ...stage.context.callbacks, sawEnd } });
  return stage;
}

/** Looks once, and is answered so. `during`: while the question is on its way. */
async function looked(stage: StepStage, generation: Generation, answer: Progress, during: () => Promise<unknown> = async () => undefined): Promise<Generation> {
  const questions = { ...answering(answer), ask: () => during().then(() => answer) };
  await pollStep(stage.context, questions, stage.delivery(generation));
  return stage.ledger.generation(generation.id);
}

test.each([
  ['ready', SUCCEEDED],
  ['failed', FAILED],
  ['failed, and not billed', UNBILLED],
])('that a task is %s says nothing of another that a person has given in its place meanwhile', async (_, answer) => {
  const stage = openStage();
  const mistyped = await stage.rendering();
  const given = { task: { id: 'the-right-one' }, taskKey: 'the-right-one' };
  const found = await looked(stage, mistyped, answer, () =>
    transition(stage.ledger.store, mistyped, { from: ['rendering'], to: 'rendering', by: '1.person', insteadOf: mistyped.taskKey, taskKey: given.taskKey, patch: given }),
  );
  expect(found).toMatchObject({ state: 'rendering', round: 1, ...given });
});

test.each([
  ['ready', SUCCEEDED],
  ['failed', FAILED],
  ['failed, and not billed', UNBILLED],
])('of a canceled task that is %s only the slot is freed', async (_, answer) => {
  const stage = openStage();
  const rendering = await stage.rendering();
  await transition(stage.ledger.store, rendering, { from: ['rendering'], to: 'canceled', by: '1.person', keepsTask: true });
  const found = await looked(stage, await stage.ledger.generation(rendering.id), answer);
  expect(found).toMatchObject({ state: 'canceled', round: 1, task: rendering.task });
  expect(found.taskEndedAt).toBeDefined();
  const { redis, keys } = shardOf(stage.ledger.store, stage.account);
  expect(await redis.zscore(keys.slots(stage.account), rendering.id)).toBeNull();
});

test.each<[answer: Progress, since: keyof Patch]>([
  [{ state: 'missing' }, 'missingSince'],
  [{ state: 'doubtful', failure: { ...failure, kind: 'no_output' } }, 'doubtfulSince'],
])('%j is no end before its grace has passed, counted from when it was first said', async (answer, since) => {
  const stage = openStage();
  const { missingGraceMs } = stage.upstream.settings.pace;
  const young = await looked(stage, await stage.rendering({ [since]: Date.now() - missingGraceMs + 30_000 }), answer);
  expect(young).toMatchObject({ state: 'rendering', polls: 1 });
  const old = await looked(stage, await stage.rendering({ [since]: Date.now() - missingGraceMs }), answer);
  expect(old).toMatchObject({ state: 'failed', task: old.task });
});

test.each([
  ['by itself', {}, ['dailies_polls_per_video', 'dailies_detection_delay_seconds']],
  ['after a person had it polled again', { refetched: true }, []],
])('a video that was found %s counts for how good the polling is %j: %j', async (_, patch, counted) => {
  const stage = openStage();
  const observe = vi.fn();
  Object.assign(stage.context, { meter: { observe } });
  expect(await looked(stage, await stage.rendering(patch), SUCCEEDED)).toMatchObject({ state: 'downloading' });
  expect(observe.mock.calls.map(([name]) => name as string)).toEqual(counted);
});

test('what is ready is billed as the upstream reports it', async () => {
  const stage = openStage();
  Object.assign(stage.context, { prices: billedOn('success') });
  const found = await looked(stage, await stage.rendering(), { ...SUCCEEDED, reported: { amount: 3, unit: 'USD' } });
  expect(found).toMatchObject({ state: 'downloading', bill: '3000000|USD|price|m' });
});

test('a task that is missing after a restored backup ends nothing while nobody can look whether its video is stored', async () => {
  const stage = openStage();
  const away = () => Promise.reject(new StoreError('unavailable', 'The bucket films is away.'));
  Object.assign(stage.context, { results: { place: () => 's3://films/b', at: () => ({ read: away }) } });
  const found = await looked(stage, await stage.rendering({ missingSince: 1, restored: true }), { state: 'missing' });
  expect(found).toMatchObject({ state: 'rendering', task: found.task });
});
