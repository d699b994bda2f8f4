/** Invariants 1, 2 and 8: what a submit can meet, and that nothing is ever paid twice by itself. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { pauses, resolveGeneration, resume, retryGeneration, slotsTaken } from '@dailies/queue';
import { PROMPTS, oneOfEach, openRig } from '../support/rig.ts';

const AMBIGUOUS = ['reset-before-read', 'reset-after-read', 'reset-after-read-not-accepted', '500', '504', '408', '409', 'html-502', 'html-200', 'truncated-json', 'empty-200'];

for (const what of AMBIGUOUS) {
  test(`a submit that meets ${what} is never sent again by itself: a person decides`, async () => {
    const rig = await openRig({ faults: PROVIDER_NAMES.map((provider) => ({ on: 'create' as const, what, provider, times: 1 })) });
    const ids = await rig.enqueue('doubt', oneOfEach());
    await rig.worker();
    await rig.reached(ids, ['unresolved', 'succeeded', 'failed']);
    for (const id of ids) {
      const generation = await rig.generation(id);
      expect(generation, `${generation.provider} ${generation.failure?.message}`).toMatchObject({ state: 'unresolved', attempts: 1 });
      expect(generation.ambiguity?.why).not.toBe('');
      expect(await slotsTaken(rig.store, generation.account)).toBeGreaterThan(0);
      expect(await retryGeneration(rig, id, { mayPay: true, byId: true })).toMatchObject({ done: false, plan: 'person' });
    }
    const posts = rig.simulator.requests().filter(({ kind }) => kind === 'create');
    expect(posts).toHaveLength(5);
  });
}

const HELD: { provider: ProviderName; what: string; kind: string }[] = [
  { provider: 'allegro', what: 'allegro:401', kind: 'auth' },
  { provider: 'kling', what: 'kling:1102', kind: 'quota' },
  { provider: 'kling', what: 'kling:1101', kind: 'quota' },
  { provider: 'kling', what: 'cloudsway:403-ip', kind: 'ip' },
  { provider: 'hailuo', what: 'acedata:used_up', kind: 'quota' },
  { provider: 'pika', what: 'acedata:no_api', kind: 'delisted' },
  { provider: 'luma', what: 'acedata:invalid_token', kind: 'auth' },
];

for (const { provider, what, kind } of HELD) {
  test(`${what} pauses, keeps the work queued, harms no other account, and one resume finishes it`, async () => {
    const rig = await openRig({ faults: [{ on: 'create', what, provider, times: 1 }] });
    const ids = await rig.enqueue('held', [{ provider, ask: PROMPTS[provider] }]);
    const other: ProviderName = provider === 'allegro' ? 'kling' : 'allegro';
    const others = await rig.enqueue('other', [{ provider: other, ask: PROMPTS[other] }]);
    await rig.worker();
    await rig.reached(others, ['succeeded']);
    const [pause] = await pauses(rig.store);
    expect(pause).toMatchObject({ kind });
    expect(pause?.reason).not.toBe('');
    expect(await rig.generation(ids[0] ?? '')).toMatchObject({ state: 'queued', attempts: 0 });
    await resume(rig.store, provider, [rig.config.providers[provider].account?.id ?? '']);
    await rig.reached(ids, ['succeeded']);
    expect((await rig.generation(ids[0] ?? '')).attempts).toBe(1);
  });
}

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

test('a person adopts the task, resubmits or abandons, and nothing else happens', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'kling', times: 3 }] });
  const ids = await rig.enqueue('person', [1, 2, 3].map((number) => ({ provider: 'kling' as const, ask: { prompt: `dog ${number}` } })));
  await rig.worker();
  await rig.reached(ids, ['unresolved']);
  const [adopted = '', again = '', given = ''] = ids;
  const task = rig.simulator.ledger().find(({ prompt }) => prompt === 'dog 1')?.taskId ?? '';
  expect(await resolveGeneration(rig, adopted, { what: 'task', task })).toMatchObject({ done: true });
  expect(await resolveGeneration(rig, again, { what: 'resubmit' })).toMatchObject({ done: true });
  expect(await resolveGeneration(rig, given, { what: 'abandon' })).toMatchObject({ done: true });
  await rig.reached([adopted, again], ['succeeded']);
  expect(await rig.generation(again)).toMatchObject({ round: 2, attempts: 2 });
  expect(await rig.generation(given)).toMatchObject({ state: 'failed', failure: { kind: 'abandoned' } });
  expect(rig.simulator.counts().accepted).toBe(4);
});
