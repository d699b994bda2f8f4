/** A person gives the task of an Allegro submit, and mistypes it: nothing but the person can tell, and nothing is lost by it. */
import { expect, test } from 'vitest';
import { resolveGeneration, slotsTaken } from '@dailies/queue';
import { PROMPTS, openRig } from '../support/rig.ts';

test('a mistyped task is overdue in the end; the right one, given then, is fetched and nothing is paid again', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'allegro', times: 1 }] }, { ALLEGRO_DEADLINE_MS: '1500' });
  const [id = ''] = await rig.enqueue('mistyped', [{ provider: 'allegro', ask: PROMPTS.allegro }]);
  await rig.worker();
  await rig.reached([id], ['unresolved']);
  expect(await resolveGeneration(rig, id, { what: 'task', task: 'notatask-of-anyone' })).toMatchObject({ done: true });
  await rig.reached([id], ['overdue']);

  const right = rig.simulator.ledger()[0]?.taskId ?? '';
  expect(await resolveGeneration(rig, id, { what: 'task', task: right })).toMatchObject({ done: true });
  await rig.reached([id], ['succeeded']);
  const { account, taskKey, round, attempts } = await rig.generation(id);
  expect({ taskKey, round, attempts }).toEqual({ taskKey: right, round: 1, attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(1);
  expect(await slotsTaken(rig.store, account)).toBe(0);
});
