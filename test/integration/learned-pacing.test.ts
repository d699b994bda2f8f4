/** Polling that learns, end to end: what workers see reaches Redis, and from there every worker's looks. */
import { expect, test } from 'vitest';
import { readGeneration, readSightings, rememberSightings, taskKind } from '@dailies/queue';
import { PROMPTS, type Rig, openRig } from '../support/rig.ts';

const PACE = { LUMA_FIRST_POLL_MS: '100', LUMA_POLL_MIN_MS: '50', LUMA_POLL_MAX_MS: '300', POLL_COST_SECONDS: '0.3' };
/** A look that comes much later than planned tells nothing: on a busy machine half a second must not be much. */
const UNHURRIED = { ...PACE, LUMA_POLL_MAX_MS: '3000' };
/** Tasks are done 1.5 s after they were made: 600 times as fast as upstreams. */
const DURATION = 1_500 * 600;

async function kindOfLuma(rig: Rig, id: string): Promise<string> {
  const generation = await readGeneration(rig.store, id);
  if (generation === null) throw new Error('is gone');
  return taskKind(generation);
}

/** As if a hundred of its kind had been seen, all done after about a second and a half. */
async function teach(rig: Rig, kind: string): Promise<void> {
  const ages = Array.from({ length: 100 }, (_, at) => 1_400 + 2 * ((at * 37) % 100));
  await rememberSightings(rig.store, 'lesson', new Map([[kind, ages.map((ms) => ({ afterMs: ms, byMs: ms }))]]));
}

test('finished tasks are remembered by kind, each with when it was done', async () => {
  const rig = await openRig({ durations: { luma: DURATION } }, UNHURRIED);
  const worker = await rig.worker();
  const ids = await rig.enqueue('seen', Array.from({ length: 3 }, () => ({ provider: 'luma', ask: PROMPTS.luma })));
  await rig.reached(ids, ['succeeded']);
  await worker.stop(5_000);
  const seen = await readSightings(rig.store, await kindOfLuma(rig, ids[0] ?? ''));
  expect(seen).toHaveLength(3);
  // Ages are written in steps of five percent.
  const ages = await Promise.all(ids.map((id) => agesOf(rig, id)));
  const [pending, known] = [Math.min(...ages.map((age) => age.pendingMs)), Math.max(...ages.map((age) => age.knownMs))];
  for (const { afterMs, byMs } of seen) expect([afterMs >= 0.9 * pending, byMs <= 1.1 * known], `${pending} ≤ ${afterMs}, ${byMs} ≤ ${known}`).toEqual([true, true]);
});

/** How old it was when the upstream last called it pending, and when we knew that it was done. */
async function agesOf(rig: Rig, id: string): Promise<{ pendingMs: number; knownMs: number }> {
  const { taskKey = '', submittedAt = 0, history } = await rig.generation(id);
  const looks = rig.simulator.requests({ kind: 'poll' }).filter(({ taskId = '', otherTaskIds = [] }) => [taskId, ...otherTaskIds].includes(taskKey));
  const known = history.find(({ state }) => state === 'downloading')?.at ?? Number.NaN;
  return { pendingMs: (looks.at(-2)?.at ?? submittedAt) - submittedAt, knownMs: known - submittedAt };
}

test('a kind that is known is first looked at when it may be done; with learning off after the first wait, as ever', async () => {
  const [plannedMs, askedMs]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const learned of ['on', 'off']) {
    const rig = await openRig({ durations: { luma: DURATION } }, { ...PACE, POLL_LEARNED: learned });
    const [id = ''] = await rig.enqueue('known', [{ provider: 'luma', ask: PROMPTS.luma }]);
    await teach(rig, await kindOfLuma(rig, id));
    await rig.worker();
    await rig.reached([id], ['succeeded']);
    const { submittedAt = 0 } = await rig.generation(id);
    askedMs[learned] = (rig.simulator.requests({ kind: 'poll' })[0]?.at ?? 0) - submittedAt;
    plannedMs[learned] = (await rig.queues.get('luma-poll').getJob(`${id}-2`))?.opts.delay ?? Number.NaN;
  }
  // A busy machine asks later than was planned.
  expect(plannedMs['off']).toBeLessThanOrEqual(100);
  expect(askedMs['on']).toBeGreaterThanOrEqual(1_300);
});

test('what makes no sense in Redis is left aside, and the polls go on', async () => {
  const rig = await openRig({ durations: { luma: DURATION } }, UNHURRIED);
  const [id = ''] = await rig.enqueue('nonsense', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.redis.hset(rig.store.keys.sightings, await kindOfLuma(rig, id), 'x'.repeat(399));
  const worker = await rig.worker();
  await rig.reached([id], ['succeeded']);
  await worker.stop(5_000);
  expect(await readSightings(rig.store, await kindOfLuma(rig, id))).toHaveLength(1);
});
