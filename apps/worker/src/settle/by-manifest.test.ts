/** Which task that a manifest tells of is adopted after a restored backup, and that nothing is sent again before it was looked for. */
import { Readable } from 'node:stream';
import type { Generation, Patch } from '@dailies/queue';
import { StoreError } from '@dailies/results';
import { expect, test } from 'vitest';
import { settleStep } from '../steps/settle.ts';
import { openStepStage, type StepStage } from '../steps/testing/step-stage.ts';

const TASK = 'stored-task';
const AT_ONCE = { settleAfterMs: 10, settleSilentMs: 30 };

async function settled(stage: StepStage, id: string) {
  const step = await settleStep(stage.context, { upstream: stage.upstream, generation: await stage.ledger.generation(id), by: '1.look' });
  return { step, ...(await stage.ledger.generation(id)) };
}

test.each<[whose: string, row: Record<string, unknown>, patch: Patch, state: string]>([
  ['of this very generation', {}, { restored: true }, 'rendering'],
  ['of this very generation, edited into one with a number for a task', { task: { id: 5 } }, { restored: true }, 'rendering'],
  ['of this very generation, which no backup has set back', {}, {}, 'unresolved'],
  ["of another ledger's with the same id", { createdAt: '2026-01-01T00:00:00.000Z' }, { restored: true }, 'unresolved'],
  ['of another request', { fingerprint: 'another' }, { restored: true }, 'unresolved'],
  ['of another round', { round: 2 }, { restored: true }, 'unresolved'],
  ['that tells of no task', { task: undefined }, { restored: true }, 'unresolved'],
])('where no look-up tells, the task in a row of the manifest %s is adopted, or not', async (_, row, patch, state) => {
  const stage = openStepStage({ find: () => Promise.resolve('unknown') }, AT_ONCE);
  const generation = await stage.ambiguous(100_000, patch);
  rememberedBy(stage, generation, row);
  expect(await settled(stage, generation.id)).toMatchObject({ state, ...(state === 'rendering' ? { taskKey: row['task'] === undefined ? TASK : '5', attempts: 1 } : {}) });
});

test('what is proved absent after a restored backup is not sent again where the manifest tells its task or a later round, nor while nobody can look there', async () => {
  const stage = openStepStage({ find: () => Promise.resolve('absent') }, AT_ONCE);
  const inDoubt = (): Promise<Generation> => stage.ambiguous(1_000, { restored: true });
  const [told, later, away] = [await inDoubt(), await inDoubt(), await inDoubt()];
  rememberedBy(stage, told);
  await expect.poll(() => settled(stage, told.id)).toMatchObject({ state: 'rendering', taskKey: TASK });
  rememberedBy(stage, later, { round: 2 });
  await expect.poll(() => settled(stage, later.id)).toMatchObject({ state: 'unresolved', round: 1 });
  expect((await stage.ledger.generation(later.id)).history.at(-1)?.note).toContain(`tells of round 2 with the task ${TASK}`);
  const read = () => Promise.reject(new StoreError('unavailable', 'The bucket films is away.'));
  Object.assign(stage.context, { results: { place: () => 's3://films/b', at: () => ({ read }) } });
  await expect.poll(() => settled(stage, away.id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait', why: 'The bucket films is away.' } });
});

/** The manifest of its folder has such a row of it. */
function rememberedBy({ context }: StepStage, { id, provider, round, createdAt, fingerprint }: Generation, changes: Record<string, unknown> = {}): void {
  const own = { id, provider, round, createdAt: new Date(createdAt).toISOString(), fingerprint };
  const row = { ...own, state: 'succeeded', task: { id: TASK }, params: {}, videos: [], history: [], ...changes };
  const read = () => Promise.resolve({ body: Readable.from([JSON.stringify(row)]) });
  Object.assign(context, { results: { place: () => 's3://films/b', at: () => ({ read }) } });
}
