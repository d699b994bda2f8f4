/** Invariants 1 and 4: refusals that wait or fail, and what a person decides. */
import { expect, test } from 'vitest';
import { resolveGeneration, retryGeneration, slotsTaken } from '@dailies/queue';
import { PROMPTS, oneOfEach, openRig } from '../support/rig.ts';

const WAITED = [
  { provider: 'kling', what: 'kling:1303' },
  { provider: 'kling', what: 'kling:1302' },
  { provider: 'hailuo', what: 'acedata:rate_limited' },
  { provider: 'luma', what: 'acedata:too_many_requests' },
  { provider: 'allegro', what: '429-html' },
] as const;

for (const { provider, what } of WAITED) {
  test(`${what} uses no attempt, and the work goes on by itself`, async () => {
    const rig = await openRig({ faults: [{ on: 'create', what, provider, times: 1 }] });
    const ids = await rig.enqueue('waits', [{ provider, ask: PROMPTS[provider] }]);
    await rig.worker();
    await rig.reached(ids, ['succeeded', 'failed', 'unresolved']);
    expect(await rig.generation(ids[0] ?? '')).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(rig.simulator.counts().accepted).toBe(1);
  });
}

test('a refusal for its content fails that generation alone, with the reason', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'acedata:forbidden', provider: 'hailuo', times: 1 }] });
  const ids = await rig.enqueue('moderated', oneOfEach());
  await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  const all = await Promise.all(ids.map((id) => rig.generation(id)));
  expect(all.filter(({ state }) => state === 'succeeded')).toHaveLength(4);
  expect(all.find(({ provider }) => provider === 'hailuo')).toMatchObject({ state: 'failed', failure: { kind: 'moderated' } });
});

test('a person adopts the task or has it sent again, and nothing else happens', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'allegro', times: 2 }] });
  const dog = 'a little dog runs over wet grass in the rain';
  const ids = await rig.enqueue('person', [1, 2].map((number) => ({ provider: 'allegro' as const, ask: { prompt: `${dog} ${number}` } })));
  await rig.worker();
  await rig.reached(ids, ['unresolved']);
  const [adopted = '', again = ''] = ids;
  const task = rig.simulator.ledger().find(({ prompt }) => prompt === `${dog} 1`)?.taskId ?? '';
  expect(await resolveGeneration(rig, adopted, { what: 'task', task })).toMatchObject({ done: true });
  expect(await resolveGeneration(rig, again, { what: 'resubmit' })).toMatchObject({ done: true });
  await rig.reached([adopted, again], ['succeeded']);
  expect(await rig.generation(again)).toMatchObject({ round: 2, attempts: 2 });
  expect(rig.simulator.counts().accepted).toBe(3);
});

test('what a person abandons has failed, and is retried only by its id', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'allegro', times: 1 }] });
  const [id = ''] = await rig.enqueue('given', [{ provider: 'allegro', ask: PROMPTS.allegro }]);
  await rig.worker();
  await rig.reached([id], ['unresolved']);
  expect(await resolveGeneration(rig, id, { what: 'abandon' })).toMatchObject({ done: true });
  expect(await rig.generation(id)).toMatchObject({ state: 'failed', failure: { kind: 'abandoned' } });
  expect(await slotsTaken(rig.store, rig.config.providers.allegro.account?.id ?? '')).toBe(0);
  expect(await retryGeneration(rig, id, { mayPay: true, byId: false })).toMatchObject({ done: false });
  expect(await retryGeneration(rig, id, { mayPay: true, byId: true })).toMatchObject({ done: true, plan: 'submit' });
  await rig.reached([id], ['succeeded']);
});

test('a task that the upstream failed without billing it is submitted again as a new round, and only twice', async () => {
  // It fails while it runs: it must not be done before its first poll.
  const rig = await openRig({ durations: { hailuo: 1_200_000 } }, { RESUBMIT_AFTER_MS: '50' });
  rig.simulator.faults.add({ on: 'poll', what: 'task-fails', code: 'api_error', reason: 'no channel available', provider: 'hailuo', match: 'recovers', times: 1 });
  rig.simulator.faults.add({ on: 'poll', what: 'task-fails', code: 'api_error', reason: 'no channel available', provider: 'hailuo', match: 'never', times: 9 });
  const ids = await rig.enqueue('unbilled', [
    { provider: 'hailuo', ask: { prompt: 'it recovers' } },
    { provider: 'hailuo', ask: { prompt: 'it never does' } },
  ]);
  await rig.worker();
  await rig.reached(ids, ['succeeded', 'failed']);
  const [recovers, never] = await Promise.all(ids.map((id) => rig.generation(id)));
  expect(recovers).toMatchObject({ state: 'succeeded', round: 2, attempts: 2, resubmits: 1 });
  expect(recovers?.history.map(({ note }) => note).join()).toContain('failed and not billed');
  expect(never).toMatchObject({ state: 'failed', round: 3, attempts: 3, failure: { code: 'api_error' } });
  expect(rig.simulator.counts().accepted).toBe(5);
});
