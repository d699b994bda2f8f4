/** Invariants 1, 2 and 8: what a submit can meet, and that nothing is ever paid twice by itself. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { accountState, learnAlive, pauses, readBatch, resolveGeneration, resume, retryGeneration, slotsTaken } from '@dailies/queue';
import { PROMPTS, oneOfEach, openRig } from '../support/rig.ts';

const LOST = ['reset-before-read', 'reset-after-read', 'reset-after-read-not-accepted', '500', '504', '408', '409', 'html-502', 'html-200', 'truncated-json', 'empty-200'];

for (const what of LOST) {
  test(`a submit that meets ${what} is never paid twice, and only what nobody can look up needs a person`, async () => {
    const rig = await openRig({ faults: PROVIDER_NAMES.map((provider) => ({ on: 'create' as const, what, provider, times: 1 })) });
    const ids = await rig.enqueue('doubt', oneOfEach());
    await rig.worker();
    await rig.reached(ids, ['unresolved', 'succeeded', 'failed']);
    const paid = rig.simulator.ledger().map(({ prompt }) => prompt);
    expect(new Set(paid).size, 'prompts paid once').toBe(paid.length);
    for (const id of ids) {
      const generation = await rig.generation(id);
      const accepted = paid.includes(generation.ask.prompt ?? '');
      expect(generation.failure).toBeUndefined();
      // Allegro has no look-up; and absence is believed only from a look-up that is known to work.
      if (generation.provider === 'allegro') expect(generation.state).toBe('unresolved');
      else if (accepted) expect({ provider: generation.provider, state: generation.state }).toEqual({ provider: generation.provider, state: 'succeeded' });
      if (generation.state !== 'unresolved') continue;
      expect(generation.ambiguity?.why).not.toBe('');
      expect(await slotsTaken(rig.store, generation.account)).toBeGreaterThan(0);
      expect(await retryGeneration(rig, id, { mayPay: true, byId: true })).toMatchObject({ done: false, plan: 'person' });
    }
  });
}

for (const provider of ['kling', 'hailuo', 'pika', 'luma'] as const) {
  test(`what ${provider} never accepted is sent again by itself, once its look-up is known to work`, async () => {
    const rig = await openRig();
    const first = await rig.enqueue('first', [{ provider, ask: { prompt: 'one that is seen' } }]);
    await rig.worker();
    await rig.reached(first, ['succeeded']);
    rig.simulator.faults.add({ on: 'create', what: 'reset-after-read-not-accepted', provider, times: 1 });
    const second = await rig.enqueue('second', [{ provider, ask: { prompt: 'one that gets lost' } }]);
    await rig.reached(second, ['succeeded', 'unresolved']);
    expect(await rig.generation(second[0] ?? '')).toMatchObject({ state: 'succeeded', round: 1, attempts: 1 });
    expect(rig.simulator.counts().accepted).toBe(2);
  });
}

test('an outage makes at most three questions, and the breaker closes by a free request alone', async () => {
  const rig = await openRig();
  const asks = Array.from({ length: 12 }, (_, at) => ({ provider: 'allegro' as const, ask: { prompt: `${PROMPTS.allegro.prompt} take ${at}` } }));
  const warm = await rig.enqueue('warm', asks.slice(0, 4));
  await rig.worker();
  await rig.reached(warm, ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: '503', provider: 'allegro', accepted: false }, { on: 'poll', what: '503', provider: 'allegro' });
  const rest = await rig.enqueue('rest', asks.slice(4));
  await expect.poll(async () => (await accountState(rig.store, rig.config.providers.allegro.account?.id ?? '')).openSince, { timeout: 20_000 }).not.toBeNull();
  const counts = async () => (await readBatch(rig.store, 'rest'))?.counts;
  expect(await counts()).toMatchObject({ unresolved: 3, queued: 5 });
  rig.simulator.faults.clear();
  // The breaker's own time is twenty seconds: a test does not wait for it.
  await learnAlive(rig.store, rig.config.providers.allegro.account?.id ?? '', 0);
  await rig.reached(rest, ['succeeded', 'unresolved']);
  expect(await counts()).toMatchObject({ unresolved: 3, succeeded: 5 });
});

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
