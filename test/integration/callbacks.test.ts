/** Callbacks in: what a hint brings on, when it comes too early, twice, a thousand times, or from somebody else. */
import { setTimeout as rest } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ProviderName, PROVIDER_NAMES, PROVIDERS } from '@dailies/providers';
import { callbacksArrive, callbackUrl, handOver, learnLookup, lookupsOf, note, pause, PROOF, readGeneration, transition } from '@dailies/queue';
import type { SimulatorOptions } from '@dailies/simulator';
import { openCallbackDoor, type CallbackDoor } from '../support/callback-door.ts';
import { PROMPTS, type Rig, openRig } from '../support/rig.ts';

const CALLING = PROVIDER_NAMES.filter((name) => name !== 'allegro');
const HOUR = '3600000';
const SPEED = 600;
/** What the simulator takes for each video, in real milliseconds. */
const READY_MS = 400;

/** Polls that would come in an hour: only a callback can be why something is known before. */
async function openCallingRig(options: SimulatorOptions = {}, changes: Record<string, string> = {}): Promise<{ rig: Rig; door: CallbackDoor }> {
  const far = Object.fromEntries(CALLING.flatMap((name) => ['FIRST_POLL_MS', 'POLL_MIN_MS', 'POLL_MAX_MS'].map((pace) => [`${name.toUpperCase()}_${pace}`, HOUR])));
  const durations = Object.fromEntries(CALLING.map((name) => [name, READY_MS * SPEED]));
  const rig = await openRig({ durations, ...options }, { ...far, ...changes });
  return { rig, door: await openCallbackDoor(rig) };
}

async function tokenOf(rig: Rig, id: string): Promise<string> {
  return (await rig.generation(id)).nonce ?? '';
}

const knock = (url: string, body = '{}'): Promise<Response> => fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });

test('with callbacks a result is known when it is ready, not when a poll would have come', async () => {
  const { rig, door } = await openCallingRig();
  const ids = await rig.enqueue('called', CALLING.flatMap((provider) => Array.from({ length: 5 }, (_, at) => ({ provider, ask: { ...PROMPTS[provider], prompt: `${PROMPTS[provider].prompt} ${at}` } }))));
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached(ids, ['succeeded']);
  const ready = new Map(rig.simulator.ledger().map(({ taskId, at }) => [taskId, at + READY_MS]));
  const lateMs: number[] = [];
  for (const id of ids) {
    const generation = await rig.generation(id);
    expect(generation.polls, 'every poll was brought on by a hint').toBeLessThanOrEqual(3);
    const known = generation.history.find(({ state }) => state === 'downloading')?.at ?? Number.NaN;
    lateMs.push(known - (ready.get(generation.taskKey ?? '') ?? Number.NaN));
  }
  const mean = lateMs.reduce((sum, ms) => sum + ms, 0) / lateMs.length;
  process.stdout.write(`callbacks: ready upstream → known here, ${lateMs.length} videos: mean ${Math.round(mean)} ms, most ${Math.round(Math.max(...lateMs))} ms\n`);
  expect(Number.isFinite(mean)).toBe(true);
});

test('a callback that comes before the answer to the create is remembered, and used once the task is known', async () => {
  const both = ['kling', 'luma'] as const;
  const { rig, door } = await openCallingRig({ durations: { kling: 20 * SPEED, luma: 20 * SPEED }, faults: both.map((provider) => ({ on: 'create' as const, what: 'late-answer', provider, ms: 2_500 })) });
  const states: string[] = [];
  door.before = async (path) => void states.push((await readGeneration(rig.store, path.split('/')[2] ?? ''))?.state ?? 'unknown');
  const ids = await rig.enqueue('early', both.map((provider) => ({ provider, ask: PROMPTS[provider] })));
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached(ids, ['succeeded']);
  expect(new Set(states)).toEqual(new Set(['submitting']));
  expect(rig.simulator.counts().accepted).toBe(2);
});

test.each(CALLING)('a task that only a callback of %s has named is adopted when the upstream shows our mark on it', async (provider) => {
  // The answer is lost, lists do not work, and no look-up is due for long.
  const { rig, door } = await openCallingRig({ faults: [{ on: 'create', what: 'reset-after-read', provider, times: 1 }, { on: 'list', what: '500' }] }, { SETTLE_AFTER_MS: HOUR, SETTLE_SILENT_MS: HOUR });
  const [id = ''] = await rig.enqueue('lost', [{ provider, ask: PROMPTS[provider] }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['succeeded']);
  const generation = await rig.generation(id);
  expect(generation.history.map(({ state }) => state)).toEqual(['queued', 'submitting', 'ambiguous', 'rendering', 'downloading', 'succeeded']);
  expect(generation.taskKey).toBe(rig.simulator.ledger()[0]?.taskId);
  expect(rig.simulator.counts().accepted).toBe(1);
  // A callback is no proof that the look-up works: absence must not be concluded because of it.
  const lookup = PROVIDERS[provider].lookupOf?.(generation.request) ?? provider;
  expect((await lookupsOf(rig.store, generation.account, lookup)).foundBefore).toBe(false);
});

test('an unresolved generation is settled by a callback that comes late, once the upstream shows our mark', async () => {
  const faults: SimulatorOptions['faults'] = [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 1 }, { on: 'list', what: 'missing' }];
  const { rig, door } = await openCallingRig({ durations: { hailuo: 2_500 * SPEED }, faults });
  const [id = ''] = await rig.enqueue('late', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['unresolved']);
  await rig.reached([id], ['succeeded']);
  expect(rig.simulator.counts().accepted).toBe(1);
  expect(await offered(rig)).toEqual([]);
});

test('what a late callback has named is kept while the upstream does not answer, and asked about again', async () => {
  const faults: SimulatorOptions['faults'] = [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 1 }, { on: 'list', what: 'missing' }, { on: 'poll', what: '503', times: 1 }];
  const { rig, door } = await openCallingRig({ durations: { hailuo: 2_500 * SPEED }, faults });
  const [id = ''] = await rig.enqueue('late', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await expect.poll(() => rig.simulator.requests({ kind: 'poll' }).map(({ status }) => status), { timeout: 20_000 }).toEqual([503]);
  await first.stop(5_000);
  expect(await offered(rig)).toEqual([id]);
  const { state, offer, quick = 0 } = await rig.generation(id);
  expect({ state, offer, quick }).toEqual({ state: 'unresolved', offer: rig.simulator.ledger()[0]?.taskId, quick: 0 });
  // A start does not wait for the half minute.
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['succeeded']);
  expect(await offered(rig)).toEqual([]);
});

test.each([
  ['not known to work', '503'],
  ['known to work', '503'],
  ['known to work', 'missing'],
] as const)('what a callback has named in time outlives look-ups that are %s, when the upstream does not answer for it: %s', async (known, poll) => {
  const faults: SimulatorOptions['faults'] = [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 1 }, { on: 'list', what: 'missing' }, { on: 'poll', what: poll }];
  const { rig, door } = await openCallingRig({ faults });
  const account = rig.config.providers.hailuo.account?.id ?? '';
  // Then what they do not show is absent.
  if (known === 'known to work') for (const fact of ['foundBefore', 'nonceSeen'] as const) await learnLookup(rig.store, account, 'hailuo', fact);
  const [id = ''] = await rig.enqueue('named', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['unresolved']);
  await first.stop(5_000);
  expect((await rig.generation(id)).offer).toBe(rig.simulator.ledger()[0]?.taskId);
  expect(await offered(rig)).toEqual([id]);
  rig.simulator.faults.clear();
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['succeeded']);
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('the last look-up asks about a named task itself, though callbacks have used up their looks, and nobody is asked before it', async () => {
  const faults: SimulatorOptions['faults'] = [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 1 }, { on: 'list', what: 'missing' }, { on: 'poll', what: '503' }];
  const { rig, door } = await openCallingRig({ faults }, { SETTLE_AFTER_MS: '1000', SETTLE_SILENT_MS: '6000' });
  const account = rig.config.providers.hailuo.account?.id ?? '';
  // What its list does not show is absent.
  for (const fact of ['foundBefore', 'nonceSeen'] as const) await learnLookup(rig.store, account, 'hailuo', fact);
  const [id = ''] = await rig.enqueue('named', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await expect.poll(async () => (await rig.generation(id)).quick ?? 0, { timeout: 10_000 }).toBeGreaterThan(0);
  const doubtful = await rig.generation(id);
  expect(await note(rig.store, doubtful, { quick: 3 })).toBe(true);
  // The second of three look-ups, after which its absence would be believed.
  await expect.poll(() => rig.simulator.requests({ kind: 'list' }).length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  rig.simulator.faults.clear();
  rig.simulator.faults.add({ on: 'list', what: 'missing' });
  await rig.reached([id], ['succeeded']);
  expect((await rig.generation(id)).history.map(({ state }) => state)).toEqual(['queued', 'submitting', 'ambiguous', 'rendering', 'downloading', 'succeeded']);
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('what is queued again is asked about anew, though callbacks have used up their looks before', async () => {
  const { rig, door } = await openCallingRig({ faults: [{ on: 'create', what: 'reset-after-read-not-accepted', provider: 'hailuo', match: 'lost', times: 1 }] });
  const account = rig.config.providers.hailuo.account?.id ?? '';
  for (const fact of ['foundBefore', 'nonceSeen'] as const) await learnLookup(rig.store, account, 'hailuo', fact);
  const [other = ''] = await rig.enqueue('other', [{ provider: 'hailuo', ask: { prompt: 'one of somebody else' } }]);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([other], ['succeeded']);
  const [id = ''] = await rig.enqueue('mine', [{ provider: 'hailuo', ask: { prompt: 'one that got lost' } }]);
  await rig.reached([id], ['ambiguous']);
  await pause(rig.store, 'operator:hailuo', { reason: 'full', kind: 'operator', polls: false });
  expect(await note(rig.store, await rig.generation(id), { quick: 3, offer: (await rig.generation(other)).taskKey ?? null, offerSeen: (await rig.generation(other)).taskKey ?? null })).toBe(true);
  await rig.reached([id], ['queued']);
  await first.stop(5_000);
  await knock(callbackUrl(door.url, { provider: 'hailuo', id }, await tokenOf(rig, id)) ?? '', JSON.stringify({ success: true, task_id: 'named-since' }));
  await expect.poll(() => offered(rig)).toEqual([id]);
  expect((await rig.generation(id)).offer).toBe('named-since');
});

test('a task that a callback names after its submit was taken for absent is adopted, and not paid for again', async () => {
  const never = 3_600_000 * SPEED;
  const { rig, door } = await openCallingRig({ durations: { hailuo: never }, faults: [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 1 }] }, { SETTLE_AFTER_MS: HOUR, SETTLE_SILENT_MS: HOUR });
  const [id = ''] = await rig.enqueue('absent', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['ambiguous']);
  await first.stop(5_000);
  // As a look-up leaves it whose list did not show it yet; and it does not come to its turn.
  await pause(rig.store, 'operator:hailuo', { reason: 'full', kind: 'operator', polls: false });
  const doubtful = await rig.generation(id);
  const absent = { attempts: 0, absences: 1, ambiguity: null };
  expect(await transition(rig.store, doubtful, { from: ['ambiguous'], to: 'queued', by: '1.looked', seq: doubtful.seq, patch: absent })).toMatchObject({ outcome: 'won' });
  const task = rig.simulator.ledger()[0]?.taskId;
  await knock(callbackUrl(door.url, { provider: 'hailuo', id }, await tokenOf(rig, id)) ?? '', JSON.stringify({ success: true, task_id: task }));
  await expect.poll(() => offered(rig)).toEqual([id]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['rendering']);
  expect(await rig.generation(id)).toMatchObject({ taskKey: task, attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(1);
});

test.each([
  ['is ours', 'rendering', 1],
  ['is not ours', 'rendering', 2],
] as const)('what is queued again is not sent while nobody answers for the task that a callback has named; then it %s', async (whose, state, accepted) => {
  const never = 3_600_000 * SPEED;
  const { rig, door } = await openCallingRig({ durations: { hailuo: never }, faults: [{ on: 'create', what: 'reset-after-read', provider: 'hailuo', times: 1 }, { on: 'poll', what: '503' }] }, { SETTLE_AFTER_MS: HOUR, SETTLE_SILENT_MS: HOUR });
  const [id = ''] = await rig.enqueue('absent', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker();
  await rig.reached([id], ['ambiguous']);
  await first.stop(5_000);
  const doubtful = await rig.generation(id);
  const absent = { attempts: 0, absences: 1, ambiguity: null };
  const requeued = await transition(rig.store, doubtful, { from: ['ambiguous'], to: 'queued', by: '1.looked', seq: doubtful.seq, patch: absent });
  expect(requeued).toMatchObject({ outcome: 'won' });
  await handOver(rig.store, rig.queues, [await rig.generation(id)]);
  const task = whose === 'is ours' ? rig.simulator.ledger()[0]?.taskId : 'of-somebody-else';
  await knock(callbackUrl(door.url, { provider: 'hailuo', id }, await tokenOf(rig, id)) ?? '', JSON.stringify({ success: true, task_id: task }));
  await expect.poll(() => offered(rig)).toEqual([id]);
  const second = await rig.worker();
  await expect.poll(async () => (await rig.generation(id)).held, { timeout: 10_000 }).toBe('offered');
  // Nobody else waits for it.
  const others = await rig.enqueue('others', [{ provider: 'hailuo', ask: { prompt: 'a lamp in the fog' } }]);
  await rig.reached(others, ['rendering']);
  expect((await rig.generation(id)).held).toBe('offered');
  await second.stop(5_000);
  rig.simulator.faults.clear();
  if (whose === 'is not ours') await note(rig.store, await rig.generation(id), { offer: (await rig.generation(others[0] ?? '')).taskKey });
  // A start does not wait for the half minute.
  await rig.worker();
  await rig.reached([id], [state]);
  expect(rig.simulator.counts().accepted).toBe(accepted + 1);
});

test('a task id that is not ours is never adopted, whoever names it', async () => {
  const { rig, door } = await openCallingRig({ faults: [{ on: 'create', what: 'reset-after-read-not-accepted', provider: 'luma', match: 'lost', times: 1 }, { on: 'list', what: '500' }] }, { SETTLE_AFTER_MS: HOUR, SETTLE_SILENT_MS: HOUR });
  await rig.worker({ PUBLIC_URL: door.url });
  const [other = ''] = await rig.enqueue('other', [{ provider: 'luma', ask: { prompt: 'one of somebody else' } }]);
  await rig.reached([other], ['succeeded']);
  const [id = ''] = await rig.enqueue('mine', [{ provider: 'luma', ask: { prompt: 'one that got lost' } }]);
  await rig.reached([id], ['ambiguous']);
  const url = callbackUrl(door.url, { provider: 'luma', id }, await tokenOf(rig, id)) ?? '';
  const asked = () => rig.simulator.requests().filter(({ kind }) => kind === 'poll').length;
  const before = asked();
  const task = (await rig.generation(other)).taskKey;
  for (let time = 0; time < 6; time += 1) await knock(url, JSON.stringify({ success: true, task_id: task }));
  await expect.poll(async () => (await rig.generation(id)).quick ?? 0).toBeGreaterThan(0);
  expect(await rig.generation(id)).toMatchObject({ state: 'ambiguous', offer: task });
  expect(asked() - before).toBeLessThanOrEqual(3);
  expect((await rig.generation(other)).state).toBe('succeeded');
});

test('a hint that comes during a poll is not lost', async () => {
  const { rig, door } = await openCallingRig({ durations: { kling: 700 * SPEED }, faults: [{ on: 'poll', what: 'late-answer', provider: 'kling', ms: 1_000, times: 1 }] }, { KLING_FIRST_POLL_MS: '1' });
  const [id = ''] = await rig.enqueue('during', [{ provider: 'kling', ask: PROMPTS.kling }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['succeeded']);
  const { polls, history } = await rig.generation(id);
  expect(polls).toBe(2);
  // The first poll was asked before the video was ready, and answered after the callback.
  expect((history.at(-2)?.at ?? 0) - (rig.simulator.ledger()[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
});

async function flooded(url: string): Promise<void> {
  const statuses = await Promise.all(Array.from({ length: 1_000 }, () => knock(url, '{"success":true}').then(({ status }) => status)));
  expect(new Set(statuses)).toEqual(new Set([200]));
}

test('a thousand callbacks at once bring on three polls, and no more until the usual time', async () => {
  const { rig, door } = await openCallingRig({ durations: { luma: 3_600_000 * SPEED } });
  const [id = ''] = await rig.enqueue('flood', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['rendering']);
  const url = callbackUrl(door.url, { provider: 'luma', id }, await tokenOf(rig, id)) ?? '';
  await flooded(url);
  await expect.poll(async () => (await rig.generation(id)).quick, { timeout: 10_000 }).toBe(3);
  await flooded(url);
  const generation = await rig.generation(id);
  expect(generation).toMatchObject({ polls: 3, state: 'rendering' });
  // The usual time comes: here by hand.
  await note(rig.store, generation, { usualAt: 1 });
  const job = await rig.queues.get('luma-poll').getJob(`${id}-${generation.seq}`);
  await expect.poll(() => job?.promote().then(() => true, () => false)).toBe(true);
  await expect.poll(async () => (await rig.generation(id)).quick, { timeout: 10_000 }).toBe(0);
});

test('a thousand callbacks while it becomes ready, and a thousand after, make one end', async () => {
  const { rig, door } = await openCallingRig();
  const [id = ''] = await rig.enqueue('flood', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.worker({ PUBLIC_URL: door.url, LUMA_POLL_MIN_MS: '500', LUMA_POLL_MAX_MS: '500' });
  await rig.reached([id], ['rendering']);
  const url = callbackUrl(door.url, { provider: 'luma', id }, await tokenOf(rig, id)) ?? '';
  await flooded(url);
  await rig.reached([id], ['succeeded']);
  const before = await rig.generation(id);
  await flooded(url);
  expect(await rig.generation(id)).toEqual(before);
  expect(before.history.map(({ state, times = 1 }) => `${state} ${times}`)).toEqual(['queued 1', 'submitting 1', 'rendering 1', 'downloading 1', 'succeeded 1']);
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('without a PUBLIC_URL nobody is asked to call, and the nonce still travels', async () => {
  const { rig, door } = await openCallingRig({}, Object.fromEntries(CALLING.flatMap((name) => ['FIRST_POLL_MS', 'POLL_MIN_MS'].map((pace) => [`${name.toUpperCase()}_${pace}`, '50']))));
  const providers: ProviderName[] = ['kling', 'luma'];
  const ids = await rig.enqueue('uncalled', providers.map((provider) => ({ provider, ask: PROMPTS[provider] })));
  await rig.worker();
  await rig.reached(ids, ['succeeded']);
  expect(door.knocks).toEqual([]);
  const luma = rig.simulator.ledger().find(({ provider }) => provider === 'luma');
  expect(luma?.callbackUrl).toContain(await tokenOf(rig, ids[1] ?? ''));
  expect(rig.simulator.ledger().find(({ provider }) => provider === 'kling')?.callbackUrl).toBeUndefined();
});

test('once callbacks have proved to arrive polls thin out, and when one does not come they are back at once', async () => {
  // Ready between the second poll and the third, so that none of them comes before the callback.
  const pace = { LUMA_FIRST_POLL_MS: '100', LUMA_POLL_MIN_MS: '2500', LUMA_POLL_MAX_MS: '2500', POLL_LEARNED: 'off' };
  const { rig, door } = await openCallingRig({ speed: 1, durations: { luma: 4_000 } }, pace);
  const account = rig.config.providers.luma.account?.id ?? '';
  const some = (name: string) => rig.enqueue(name, Array.from({ length: PROOF }, (_, at) => ({ provider: 'luma' as const, ask: { prompt: `a boat, number ${at}` } })));
  const mean = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const pollsOf = async (ids: string[]): Promise<number[]> => (await Promise.all(ids.map((id) => rig.generation(id)))).map(({ polls }) => polls);
  await rig.worker({ PUBLIC_URL: door.url });

  const first: string[] = [];
  // On a busy machine a poll may come between a video and its callback: then it takes some more.
  while (!(await callbacksArrive(rig.store, account, 'luma'))) {
    const more = await some(`first-${first.length}`);
    await rig.reached(more, ['succeeded']);
    first.push(...more);
  }
  // The worker reads it again every two seconds.
  await rest(2_500);
  const second = await some('second');
  await rig.reached(second, ['succeeded']);
  const [before, after] = [await pollsOf(first), await pollsOf(second)];
  expect(mean(after), `${after.join(' ')} instead of ${before.join(' ')}`).toBeLessThan(mean(before));

  const heard = door.knocks.length;
  door.before = () => new Promise(() => undefined);
  const third = await some('third');
  await rig.reached(third, ['succeeded']);
  expect(door.knocks.length).toBeGreaterThan(heard);
  expect(await callbacksArrive(rig.store, account, 'luma')).toBe(false);
  const fourth = await some('fourth');
  await rig.reached(fourth, ['succeeded']);
  expect(mean(await pollsOf(fourth))).toBeGreaterThan(mean(after));
});

/** Whose named task is asked about, in whatever shard. */
async function offered({ store }: Rig): Promise<string[]> {
  return (await Promise.all(store.shards.map(({ redis, keys }) => redis.smembers(keys.offered)))).flat();
}
