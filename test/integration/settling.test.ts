/** Invariants 1 and 2: submits whose outcome nobody knows. */
import { expect, test } from 'vitest';
import { PROVIDER_NAMES, PROVIDERS } from '@dailies/providers';
import {
  accountState, afterRestore, learnAlive, learnDoubt, learnLookup, note, readBatch, resolveGeneration, retryGeneration, shardOf, slotsTaken, transition,
} from '@dailies/queue';
import type { Fault } from '@dailies/simulator';
import { PROMPTS, type Rig, oneOfEach, openRig } from '../support/rig.ts';

const LOST = ['reset-before-read', 'reset-after-read', 'reset-after-read-not-accepted', '500', '409', 'html-200', 'truncated-json'];

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
    expect(await rig.generation(second[0] ?? '')).toMatchObject({ state: 'succeeded', round: 1, attempts: 1, absences: 1 });
    expect(rig.simulator.counts().accepted).toBe(2);
  });
}

test('what a list of AceData shows late is found, and not sent again', async () => {
  const rig = await openRig({}, { SETTLE_AFTER_MS: '1500', SETTLE_SILENT_MS: '9000' });
  const account = rig.config.providers.luma.account?.id ?? '';
  // As after earlier look-ups that have found a task by its nonce.
  await learnLookup(rig.store, account, 'luma', 'foundBefore');
  await learnLookup(rig.store, account, 'luma', 'nonceSeen');
  // The second look comes when another provider's could be called absent.
  rig.simulator.faults.add(
    { on: 'create', what: 'reset-after-read', provider: 'luma', times: 1 },
    { on: 'list', what: 'missing', provider: 'luma', times: 2 },
  );
  const [id = ''] = await rig.enqueue('late', [{ provider: 'luma', ask: { prompt: 'one that shows late' } }]);
  await rig.worker();
  await rig.reached([id], ['succeeded', 'unresolved']);
  expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('that the look-up of one dialect of Kling works lets nobody believe an empty list of the other', async () => {
  const rig = await openRig({ faults: [{ on: 'create', what: 'reset-after-read', provider: 'kling', times: 1 }] });
  await rig.worker();
  const first = await rig.enqueue('first', [{ provider: 'kling', ask: { prompt: 'one that is found', model: 'kling-3.0-turbo' } }]);
  await rig.reached(first, ['succeeded', 'unresolved']);
  const { history } = await rig.generation(first[0] ?? '');
  expect(history.map(({ note: said }) => said)).toContainEqual(expect.stringContaining('found at the upstream by its client-id'));
  rig.simulator.faults.add({ on: 'create', what: 'reset-after-read-not-accepted', provider: 'kling', times: 1 });
  const second = await rig.enqueue('second', [{ provider: 'kling', ask: { prompt: 'one that gets lost' } }]);
  await rig.reached(second, ['succeeded', 'unresolved']);
  expect(await rig.generation(second[0] ?? '')).toMatchObject({ state: 'unresolved' });
});

test('absence is not believed sooner because the clock of who sent it is behind that of who looks', async () => {
  const rig = await openRig({}, { SETTLE_AFTER_MS: '3000', SETTLE_SILENT_MS: '9000' });
  await rig.worker();
  await rig.reached(await rig.enqueue('first', [{ provider: 'kling', ask: { prompt: 'one that is seen' } }]), ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: 'reset-after-read-not-accepted', provider: 'kling', times: 1 });
  const [id = ''] = await rig.enqueue('second', [{ provider: 'kling', ask: { prompt: 'one that gets lost' } }]);
  await rig.reached([id], ['ambiguous']);
  await sentByAClockBehind(rig, id, 60_000);
  await rig.reached([id], ['succeeded', 'unresolved']);
  const { state, history } = await rig.generation(id);
  expect(state).toBe('succeeded');
  const at = (word: string): number => history.filter((one) => one.state === word).at(-1)?.at ?? 0;
  expect(at('queued') - at('ambiguous')).toBeGreaterThanOrEqual(2_400);
});

test.each([
  ['behind', 900_000],
  ['ahead', -900_000],
])('absence is not believed, nor waited for, where the clock of who sent it was so far %s that it was sought in the wrong time', async (_, ms) => {
  const faults: Fault[] = [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 2 }];
  const rig = await openRig({ faults }, { SETTLE_AFTER_MS: '3000', SETTLE_SILENT_MS: '9000' });
  await rig.worker();
  // By this one it is learned that the look-up works.
  await rig.reached(await rig.enqueue('first', [{ provider: 'hailuo', ask: { prompt: 'one that is found' } }]), ['succeeded']);
  // Nobody seeks it before its clock is set.
  for (const on of ['poll', 'list'] as const) rig.simulator.faults.add({ on, what: '503', provider: 'hailuo' });
  const [id = ''] = await rig.enqueue('second', [{ provider: 'hailuo', ask: { prompt: 'one that is sought in the wrong time' } }]);
  await rig.reached([id], ['ambiguous']);
  await sentByAClockBehind(rig, id, ms);
  rig.simulator.faults.clear();
  await rig.reached([id], ['succeeded', 'unresolved']);
  expect((await rig.generation(id)).state).toBe('unresolved');
  expect(rig.simulator.counts().accepted).toBe(2);
});

test('an outage makes at most three questions, and the breaker closes by a free request alone', async () => {
  const rig = await openRig();
  const asks = Array.from({ length: 12 }, (_, at) => ({ provider: 'allegro' as const, ask: { prompt: `${PROMPTS.allegro.prompt} take ${at}` } }));
  const warm = await rig.enqueue('warm', asks.slice(0, 4));
  await rig.worker();
  await rig.reached(warm, ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: '503', provider: 'allegro', accepted: false }, { on: 'poll', what: '503', provider: 'allegro' });
  const rest = await rig.enqueue('rest', asks.slice(4));
  await expect.poll(async () => (await accountState(rig.store, rig.config.providers.allegro.account?.id ?? '')).openSince).not.toBeNull();
  const counts = async () => (await readBatch(rig.store, 'rest'))?.counts;
  // The third is counted a moment before it is recorded.
  await expect.poll(counts).toMatchObject({ unresolved: 3, queued: 5 });
  rig.simulator.faults.clear();
  // The breaker's own time is twenty seconds: a test does not wait for it.
  await learnAlive(rig.store, rig.config.providers.allegro.account?.id ?? '', 0);
  await rig.reached(rest, ['succeeded', 'unresolved']);
  expect(await counts()).toMatchObject({ unresolved: 3, succeeded: 5 });
});

test('look-ups that get no answer are no looks: an outage longer than all of them asks nobody', async () => {
  const rig = await openRig();
  const first = await rig.enqueue('known', [{ provider: 'kling', ask: PROMPTS.kling }, { provider: 'hailuo', ask: PROMPTS.hailuo }]);
  await rig.worker();
  await rig.reached(first, ['succeeded']);
  for (const provider of ['kling', 'hailuo'] as const) {
    rig.simulator.faults.add({ on: 'create', what: 'reset-after-read', provider, times: 1 });
    for (const on of ['poll', 'list'] as const) rig.simulator.faults.add({ on, what: '503', provider });
  }
  const ids = await rig.enqueue('outage', [
    { provider: 'kling', ask: { prompt: 'a kite over the dunes' } },
    { provider: 'hailuo', ask: { prompt: 'a lamp in the fog' } },
  ]);
  // Far more look-ups than are made of an upstream that answers.
  for (let seen = 0; seen < 16; seen += 1) await rig.simulator.nextRequest(({ kind }) => kind !== 'create');
  rig.simulator.faults.clear();
  await rig.reached(ids, ['succeeded', 'unresolved']);
  for (const id of ids) expect(await rig.generation(id)).toMatchObject({ state: 'succeeded', attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(4);
});

test('a submit is looked up under the endpoint path that it was sent to, whatever is configured by then', async () => {
  const rig = await openRig({}, { SETTLE_AFTER_MS: '4000', SETTLE_SILENT_MS: '12000' });
  const first = await rig.enqueue('first', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const worker = await rig.worker();
  await rig.reached(first, ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: 'reset-after-read', provider: 'kling', times: 1 });
  const lost = await rig.enqueue('lost', [{ provider: 'kling', ask: { prompt: 'a kite over the dunes' } }]);
  await rig.reached(lost, ['ambiguous']);
  await worker.stop(5_000);
  // What is made under the new path shows that its list works, and that the lost one is not in it.
  await rig.worker({ KLING_ENDPOINT_PATH: 'another' });
  const others = await rig.enqueue('others', [{ provider: 'kling', ask: { prompt: 'a lamp in the fog' } }]);
  await rig.reached([...lost, ...others], ['succeeded', 'unresolved', 'failed']);
  expect(await rig.generation(lost[0] ?? '')).toMatchObject({ state: 'succeeded', attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(3);
});

test('absence is not believed where the key was changed since it was sent: another account does not show what that one has', async () => {
  const rig = await openRig({}, { SETTLE_AFTER_MS: '4000', SETTLE_SILENT_MS: '12000' });
  const first = await rig.enqueue('first', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const worker = await rig.worker();
  await rig.reached(first, ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: 'reset-after-read-not-accepted', provider: 'kling', times: 1 });
  const [lost = ''] = await rig.enqueue('lost', [{ provider: 'kling', ask: { prompt: 'a kite over the dunes' } }]);
  await rig.reached([lost], ['ambiguous']);
  await worker.stop(5_000);
  await rig.worker({ KLING_API_KEY: 'of-another-account' });
  // What is made with the new key shows that its list works, and that the lost one is not in it.
  const others = await rig.enqueue('others', [{ provider: 'kling', ask: { prompt: 'a lamp in the fog' } }]);
  await rig.reached([lost, ...others], ['succeeded', 'unresolved', 'failed']);
  const { state, attempts, history } = await rig.generation(lost);
  expect({ state, attempts }).toEqual({ state: 'unresolved', attempts: 1 });
  expect(history.at(-1)?.note).toContain("it was sent with another key than today's");
  expect(rig.simulator.counts().accepted).toBe(2);
});

test('absence after a restored backup is not believed under another endpoint path than today\'s: it may have been sent under this one', async () => {
  const rig = await openRig();
  const first = await rig.enqueue('first', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const worker = await rig.worker();
  await rig.reached(first, ['succeeded']);
  await worker.stop(5_000);
  const { account, request } = await rig.generation(first[0] ?? '');
  await learnLookup(rig.store, account, PROVIDERS.kling.lookupOf?.(request) ?? '', 'foundBefore');
  const [id = ''] = await rig.enqueue('put-back', [{ provider: 'kling', ask: { prompt: 'a kite over the dunes' } }]);
  // As it is put back when its account is paused for a wrong path.
  await note(rig.store, await rig.generation(id), { endpointPath: 'the-wrong-one' });
  expect(await afterRestore(rig)).toMatchObject({ inDoubt: 1 });
  await rig.worker();
  await rig.reached([id], ['succeeded', 'unresolved']);
  expect((await rig.generation(id)).state).toBe('unresolved');
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('a task that a person gives is polled under the endpoint path that it was submitted to', async () => {
  const faults: Fault[] = [{ on: 'create', what: 'reset-after-read', provider: 'kling', times: 1 }];
  const rig = await openRig({ faults }, { SETTLE_AFTER_MS: '3600000', SETTLE_SILENT_MS: '3600000' });
  const [id = ''] = await rig.enqueue('lost', [{ provider: 'kling', ask: PROMPTS.kling }]);
  const worker = await rig.worker();
  await rig.reached([id], ['ambiguous']);
  await worker.stop(5_000);
  await transition(rig.store, await rig.generation(id), { from: ['ambiguous'], to: 'unresolved', by: '1.looked' });
  expect(await resolveGeneration(rig, id, { what: 'task', task: rig.simulator.ledger()[0]?.taskId ?? '' })).toMatchObject({ done: true });
  await rig.worker({ KLING_ENDPOINT_PATH: 'another' });
  await rig.reached([id], ['succeeded', 'failed']);
  expect((await rig.generation(id)).state).toBe('succeeded');
});

test('what was proved absent again and again is not sent for ever, but left to a person', async () => {
  const rig = await openRig({}, { SETTLE_AFTER_MS: '4000', SETTLE_SILENT_MS: '12000' });
  const first = await rig.enqueue('first', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker();
  await rig.reached(first, ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: 'kling:5000', times: 1 });
  const [id = ''] = await rig.enqueue('poisoned', [{ provider: 'kling', ask: { prompt: 'one that the upstream breaks on' } }]);
  await rig.reached([id], ['ambiguous']);
  await note(rig.store, await rig.generation(id), { absences: 10 });
  await rig.reached([id], ['unresolved', 'succeeded']);
  expect((await rig.generation(id)).state).toBe('unresolved');
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('a breaker that lets one submit through at a time does not let through the same one each time', async () => {
  const rig = await openRig();
  const account = rig.config.providers.kling.account?.id ?? '';
  await rig.worker();
  await rig.reached(await rig.enqueue('first', [{ provider: 'kling', ask: PROMPTS.kling }]), ['succeeded']);
  rig.simulator.faults.add({ on: 'create', what: 'reset-after-read-not-accepted', provider: 'kling', match: 'breaks on' });
  await learnLookup(rig.store, account, 'kling:classic', 'foundBefore');
  for (const doubt of ['a', 'b', 'c']) await learnDoubt(rig.store, account, doubt);
  const prompts = ['one that the upstream breaks on', 'the second', 'the third'];
  const [poisoned = '', ...others] = await rig.enqueue('poisoned', prompts.map((prompt) => ({ provider: 'kling' as const, ask: { prompt } })));
  const accepted = (): number => rig.simulator.counts().accepted;
  for (let opening = 1; opening <= 4 && accepted() === 1; opening += 1) {
    await learnAlive(rig.store, account, 0);
    await expect.poll(async () => accepted() > 1 || ((await rig.generation(poisoned)).absences ?? 0) >= opening).toBe(true);
  }
  await rig.reached(others, ['succeeded']);
  expect((await rig.generation(poisoned)).round).toBe(1);
});

/** As if the worker that sent this doubtful submit had been so many milliseconds behind the one that looks. */
async function sentByAClockBehind(rig: Rig, id: string, ms: number): Promise<void> {
  const { ambiguity, account } = await rig.generation(id);
  const earlier = { ...ambiguity, sentAt: (ambiguity?.sentAt ?? 0) - ms, endAt: (ambiguity?.endAt ?? 0) - ms };
  const { redis, keys } = shardOf(rig.store, account);
  await redis.hset(keys.generation(id), 'ambiguity', JSON.stringify(earlier));
}
