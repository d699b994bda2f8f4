/** A paid task that comes too late to be its generation's own. */
import { expect, test } from 'vitest';
import { PROVIDERS } from '@dailies/providers';
import { learn, publicGeneration, readGeneration, resolveGeneration, slotsTaken } from '@dailies/queue';
import { PROMPTS, openRig } from '../support/rig.ts';

test('a late answer after a person had it sent again is kept and shown, holds a slot while it runs, and is never collected twice', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'allegro', times: 1 }], durations: { allegro: 24 * 3_600_000 } });
  const [id = ''] = await rig.enqueue('late', [{ provider: 'allegro', ask: PROMPTS.allegro }]);
  await rig.worker();
  await rig.reached([id], ['unresolved']);
  const before = await rig.generation(id);
  await resolveGeneration(rig, id, { what: 'resubmit' });
  await rig.reached([id], ['rendering']);

  const taskId = rig.simulator.ledger()[0]?.taskId ?? '';
  const task = PROVIDERS.allegro.taskFrom(taskId, before.request);
  const late = { round: 1, task, taskKey: PROVIDERS.allegro.taskKey(task), by: 'late', patch: {}, note: 'late', slotUntil: Date.now() + 3_600_000 };
  expect(await learn(rig.store, before, late)).toMatchObject({ outcome: 'stray' });
  expect(await learn(rig.store, before, late), 'resent').toMatchObject({ outcome: 'stray' });
  expect(await slotsTaken(rig.store, before.account)).toBe(2);

  rig.simulator.faults.add({ on: 'poll', what: 'finish-at-once' });
  await rig.reached([id], ['succeeded']);
  await expect.poll(async () => (await readGeneration(rig.store, id))?.strays?.[0]?.outcome, { timeout: 30_000 }).toBe('succeeded');
  expect(await slotsTaken(rig.store, before.account)).toBe(0);
  const shown = publicGeneration(await rig.generation(id));
  expect(shown.strays).toMatchObject([{ task: { id: late.taskKey }, round: 1, outcome: 'succeeded' }]);
  expect(shown.videos).toHaveLength(1);
  expect(await learn(rig.store, before, late), 'resent after its end').toMatchObject({ outcome: 'stray' });
  expect((await rig.generation(id)).strays).toHaveLength(1);
});
