/** Callbacks in: what a hint brings on, when it comes too early, twice, a thousand times, or from somebody else. */
import { setTimeout as rest } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ProviderName, PROVIDER_NAMES, PROVIDERS } from '@dailies/providers';
import { callbacksArrive, callbackUrl, handOver, learnLookup, lookupsOf, note, pause, PROOF, readGeneration, transition } from '@dailies/queue';
import type { Fault, SimulatorOptions } from '@dailies/simulator';
import { openCallbackDoor, type CallbackDoor } from '../support/callback-door.ts';
import { PROMPTS, type Rig, openRig } from '../support/rig.ts';

const CALLING = PROVIDER_NAMES.filter((name) => name !== 'allegro');
const HOUR = '3600000';
const SPEED = 600;
/** What the simulator takes for each video, in real milliseconds. */
const READY_MS = 400;
const NEVER_READY = 3_600_000 * SPEED;
const NO_LOOK_UP_FOR_LONG = { SETTLE_AFTER_MS: HOUR, SETTLE_SILENT_MS: HOUR };
const LISTS_SHOW_NOTHING: Fault = { on: 'list', what: 'missing' };
const LISTS_ARE_BROKEN: Fault = { on: 'list', what: '500' };
const WHOLE_LIFE = ['queued', 'submitting', 'ambiguous', 'rendering', 'downloading', 'succeeded'];

/** The first submit is accepted, and its answer is lost. */
const losesAnAnswer = (provider: ProviderName): Fault => ({ on: 'create', what: 'reset-after-read', provider, times: 1 });
/** The first submit whose prompt says "lost" is not accepted, and has no answer. */
const losesASubmit = (provider: ProviderName): Fault => ({ on: 'create', what: 'reset-after-read-not-accepted', provider, match: 'lost', times: 1 });

/** These settings of every upstream that calls back, each at so many milliseconds. */
function paces(settings: readonly string[], ms: string): Record<string, string> {
  return Object.fromEntries(CALLING.flatMap((name) => settings.map((setting) => [`${name.toUpperCase()}_${setting}`, ms])));
}

/** Polls that would come in an hour: only a callback can be why something is known before. */
async function openCallingRig(options: SimulatorOptions = {}, changes: Record<string, string> = {}): Promise<{ rig: Rig; door: CallbackDoor }> {
  const far = paces(['FIRST_POLL_MS', 'POLL_MIN_MS', 'POLL_MAX_MS'], HOUR);
  const durations = Object.fromEntries(CALLING.map((name) => [name, READY_MS * SPEED]));
  const rig = await openRig({ durations, ...options }, { ...far, ...changes });
  return { rig, door: await openCallbackDoor(rig) };
}

async function tokenOf(rig: Rig, id: string): Promise<string> {
  return (await rig.generation(id)).nonce ?? '';
}

async function addressOf(rig: Rig, door: CallbackDoor, id: string): Promise<string> {
  const { provider } = await rig.generation(id);
  return callbackUrl(door.url, { provider, id }, await tokenOf(rig, id)) ?? '';
}

const knock = (url: string, body = '{}'): Promise<Response> => fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });

/** Calls back for this generation as AceData does, and names a task. */
async function callBack(rig: Rig, door: CallbackDoor, id: string, task: string | undefined): Promise<void> {
  await knock(await addressOf(rig, door, id), JSON.stringify({ success: true, task_id: task }));
}

/** From here on a task of Hailuo's that the list does not show is absent. */
async function trustLists({ store, config }: Rig): Promise<void> {
  const account = config.providers.hailuo.account?.id ?? '';
  for (const fact of ['foundBefore', 'nonceSeen'] as const) await learnLookup(store, account, 'hailuo', fact);
}

/** As a look-up leaves it whose list did not show its task yet. */
async function takeForAbsent(rig: Rig, id: string): Promise<void> {
  const doubtful = await rig.generation(id);
  const patch = { attempts: 0, absences: 1, ambiguity: null };
  const result = await transition(rig.store, doubtful, { from: ['ambiguous'], to: 'queued', by: '1.looked', seq: doubtful.seq, patch });
  expect(result).toMatchObject({ outcome: 'won' });
}

const statesOf = async (rig: Rig, id: string): Promise<string[]> => (await rig.generation(id)).history.map(({ state }) => state);

test('with callbacks a result is known when it is ready, not when a poll would have come', async () => {
  const { rig, door } = await openCallingRig();
  const five = (provider: ProviderName) => {
    const ask = PROMPTS[provider];
    return [0, 1, 2, 3, 4].map((at) => ({ provider, ask: { ...ask, prompt: `${ask.prompt} ${at}` } }));
  };
  const ids = await rig.enqueue('called', CALLING.flatMap(five));
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
  const figures = `mean ${Math.round(mean)} ms, most ${Math.round(Math.max(...lateMs))} ms`;
  process.stdout.write(`callbacks: ready upstream → known here, ${lateMs.length} videos: ${figures}\n`);
  expect(Number.isFinite(mean)).toBe(true);
});

test('a callback that comes before the answer to the create is remembered, and used once the task is known', async () => {
  const both = ['kling', 'luma'] as const;
  const faults = both.map((provider): Fault => ({ on: 'create', what: 'late-answer', provider, ms: 2_500 }));
  const { rig, door } = await openCallingRig({ durations: { kling: 20 * SPEED, luma: 20 * SPEED }, faults });
  const states: string[] = [];
  door.before = async (path) => void states.push((await readGeneration(rig.store, path.split('/')[2] ?? ''))?.state ?? 'unknown');
  const ids = await rig.enqueue('early', both.map((provider) => ({ provider, ask: PROMPTS[provider] })));
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached(ids, ['succeeded']);
  expect(new Set(states)).toEqual(new Set(['submitting']));
  expect(rig.simulator.counts().accepted).toBe(2);
});

test.each(CALLING)('a task that only a callback of %s has named is adopted when the upstream shows our mark on it', async (provider) => {
  const { rig, door } = await openCallingRig({ faults: [losesAnAnswer(provider), LISTS_ARE_BROKEN] }, NO_LOOK_UP_FOR_LONG);
  const [id = ''] = await rig.enqueue('lost', [{ provider, ask: PROMPTS[provider] }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['succeeded']);
  const generation = await rig.generation(id);
  expect(await statesOf(rig, id)).toEqual(WHOLE_LIFE);
  expect(generation.taskKey).toBe(rig.simulator.ledger()[0]?.taskId);
  expect(rig.simulator.counts().accepted).toBe(1);
  // A callback is no proof that the look-up works: absence must not be concluded because of it.
  const lookup = PROVIDERS[provider].lookupOf?.(generation.request) ?? provider;
  expect((await lookupsOf(rig.store, generation.account, lookup)).foundBefore).toBe(false);
});

/** Callbacks come once a person is asked about this generation. */
function callLate(rig: Rig, door: CallbackDoor, id: string): void {
  const isAsked = rig.reached([id], ['unresolved']);
  door.before = () => isAsked;
}

test('an unresolved generation is settled by a callback that comes late, once the upstream shows our mark', async () => {
  const { rig, door } = await openCallingRig({ faults: [losesAnAnswer('hailuo'), LISTS_SHOW_NOTHING] });
  const [id = ''] = await rig.enqueue('late', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  callLate(rig, door, id);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['succeeded']);
  expect(await statesOf(rig, id)).toContain('unresolved');
  expect(rig.simulator.counts().accepted).toBe(1);
  expect(await offered(rig)).toEqual([]);
});

test('what a late callback has named is kept while the upstream does not answer, and asked about again', async () => {
  const faults: Fault[] = [losesAnAnswer('hailuo'), LISTS_SHOW_NOTHING, { on: 'poll', what: '503', times: 1 }];
  const { rig, door } = await openCallingRig({ faults });
  const [id = ''] = await rig.enqueue('late', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  callLate(rig, door, id);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await expect.poll(() => rig.simulator.requests({ kind: 'poll' }).map(({ status }) => status)).toEqual([503]);
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
  const faults: Fault[] = [losesAnAnswer('hailuo'), LISTS_SHOW_NOTHING, { on: 'poll', what: poll }];
  const { rig, door } = await openCallingRig({ faults });
  if (known === 'known to work') await trustLists(rig);
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
  const faults: Fault[] = [losesAnAnswer('hailuo'), LISTS_SHOW_NOTHING, { on: 'poll', what: '503' }];
  const { rig, door } = await openCallingRig({ faults }, { SETTLE_AFTER_MS: '1000', SETTLE_SILENT_MS: '6000' });
  await trustLists(rig);
  const [id = ''] = await rig.enqueue('named', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await expect.poll(async () => (await rig.generation(id)).quick ?? 0).toBeGreaterThan(0);
  const doubtful = await rig.generation(id);
  expect(await note(rig.store, doubtful, { quick: 3 })).toBe(true);
  // The second of three look-ups, after which its absence would be believed.
  await expect.poll(() => rig.simulator.requests({ kind: 'list' }).length).toBeGreaterThanOrEqual(2);
  rig.simulator.faults.clear();
  rig.simulator.faults.add({ on: 'list', what: 'missing' });
  await rig.reached([id], ['succeeded']);
  expect(await statesOf(rig, id)).toEqual(WHOLE_LIFE);
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('what is queued again is asked about anew, though callbacks have used up their looks before', async () => {
  const { rig, door } = await openCallingRig({ faults: [losesASubmit('hailuo')] });
  await trustLists(rig);
  const [other = ''] = await rig.enqueue('other', [{ provider: 'hailuo', ask: { prompt: 'one of somebody else' } }]);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([other], ['succeeded']);
  const [id = ''] = await rig.enqueue('mine', [{ provider: 'hailuo', ask: { prompt: 'one that got lost' } }]);
  await rig.reached([id], ['ambiguous']);
  await pause(rig.store, 'operator:hailuo', { reason: 'full', kind: 'operator', polls: false });
  const { taskKey: theirs = null } = await rig.generation(other);
  expect(await note(rig.store, await rig.generation(id), { quick: 3, offer: theirs, offerSeen: theirs })).toBe(true);
  await rig.reached([id], ['queued']);
  await first.stop(5_000);
  await callBack(rig, door, id, 'named-since');
  await expect.poll(() => offered(rig)).toEqual([id]);
  expect((await rig.generation(id)).offer).toBe('named-since');
});

test('a task that a callback names after its submit was taken for absent is adopted, and not paid for again', async () => {
  const { rig, door } = await openCallingRig({ durations: { hailuo: NEVER_READY }, faults: [losesAnAnswer('hailuo')] }, NO_LOOK_UP_FOR_LONG);
  const [id = ''] = await rig.enqueue('absent', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['ambiguous']);
  await first.stop(5_000);
  // It does not come to its turn.
  await pause(rig.store, 'operator:hailuo', { reason: 'full', kind: 'operator', polls: false });
  await takeForAbsent(rig, id);
  const task = rig.simulator.ledger()[0]?.taskId;
  await callBack(rig, door, id, task);
  await expect.poll(() => offered(rig)).toEqual([id]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['rendering']);
  expect(await rig.generation(id)).toMatchObject({ taskKey: task, attempts: 1 });
  expect(rig.simulator.counts().accepted).toBe(1);
});

test.each([
  ['is ours', 1],
  ['is not ours', 2],
] as const)('what is queued again is not sent while nobody answers for the task that a callback has named; then it %s', async (whose, accepted) => {
  const faults: Fault[] = [losesAnAnswer('hailuo'), { on: 'poll', what: '503' }];
  const { rig, door } = await openCallingRig({ durations: { hailuo: NEVER_READY }, faults }, NO_LOOK_UP_FOR_LONG);
  const [id = ''] = await rig.enqueue('absent', [{ provider: 'hailuo', ask: PROMPTS.hailuo }]);
  const first = await rig.worker();
  await rig.reached([id], ['ambiguous']);
  await first.stop(5_000);
  await takeForAbsent(rig, id);
  await handOver(rig.store, rig.queues, [await rig.generation(id)]);
  const task = whose === 'is ours' ? rig.simulator.ledger()[0]?.taskId : 'of-somebody-else';
  await callBack(rig, door, id, task);
  await expect.poll(() => offered(rig)).toEqual([id]);
  const second = await rig.worker();
  await expect.poll(async () => (await rig.generation(id)).held).toBe('offered');
  // Nobody else waits for it.
  const others = await rig.enqueue('others', [{ provider: 'hailuo', ask: { prompt: 'a lamp in the fog' } }]);
  await rig.reached(others, ['rendering']);
  expect((await rig.generation(id)).held).toBe('offered');
  await second.stop(5_000);
  rig.simulator.faults.clear();
  const { taskKey: theirs } = await rig.generation(others[0] ?? '');
  if (whose === 'is not ours') await note(rig.store, await rig.generation(id), { offer: theirs });
  // A start does not wait for the half minute.
  await rig.worker();
  await rig.reached([id], ['rendering']);
  expect(rig.simulator.counts().accepted).toBe(accepted + 1);
});

test('a task id that is not ours is never adopted, whoever names it', async () => {
  const { rig, door } = await openCallingRig({ faults: [losesASubmit('luma'), LISTS_ARE_BROKEN] }, NO_LOOK_UP_FOR_LONG);
  await rig.worker({ PUBLIC_URL: door.url });
  const [other = ''] = await rig.enqueue('other', [{ provider: 'luma', ask: { prompt: 'one of somebody else' } }]);
  await rig.reached([other], ['succeeded']);
  const [id = ''] = await rig.enqueue('mine', [{ provider: 'luma', ask: { prompt: 'one that got lost' } }]);
  await rig.reached([id], ['ambiguous']);
  const asked = () => rig.simulator.requests().filter(({ kind }) => kind === 'poll').length;
  const before = asked();
  const task = (await rig.generation(other)).taskKey;
  for (let time = 0; time < 6; time += 1) await callBack(rig, door, id, task);
  await expect.poll(async () => (await rig.generation(id)).quick ?? 0).toBeGreaterThan(0);
  expect(await rig.generation(id)).toMatchObject({ state: 'ambiguous', offer: task });
  expect(asked() - before).toBeLessThanOrEqual(3);
  expect((await rig.generation(other)).state).toBe('succeeded');
});

test('a hint that comes during a poll is not lost', async () => {
  const { rig, door } = await openCallingRig({ durations: { kling: 700 * SPEED } }, { KLING_FIRST_POLL_MS: '1' });
  await rig.worker({ PUBLIC_URL: door.url });
  for (let made = 0; ; made += 1) {
    rig.simulator.faults.add({ on: 'poll', what: 'late-answer', provider: 'kling', ms: 1_000, times: 1 });
    const [id = ''] = await rig.enqueue(`during-${made}`, [{ provider: 'kling', ask: PROMPTS.kling }]);
    await rig.reached([id], ['succeeded']);
    const { polls, history, taskKey } = await rig.generation(id);
    const accepted = rig.simulator.ledger().find(({ taskId }) => taskId === taskKey)?.at ?? 0;
    const asked = rig.simulator.requests({ kind: 'poll' }).find(({ taskId }) => taskId === taskKey)?.at ?? 0;
    // On a busy machine the first poll may come when the video is ready: then there is one more.
    if (asked >= accepted + 700) continue;
    expect(polls).toBe(2);
    // It was asked before the video was ready, and answered after the callback.
    expect((history.at(-2)?.at ?? 0) - accepted).toBeGreaterThanOrEqual(1_000);
    break;
  }
});

async function flooded(url: string): Promise<void> {
  const statuses = await Promise.all(Array.from({ length: 1_000 }, () => knock(url, '{"success":true}').then(({ status }) => status)));
  expect(new Set(statuses)).toEqual(new Set([200]));
}

test('a thousand callbacks at once bring on three polls, and no more until the usual time', async () => {
  const { rig, door } = await openCallingRig({ durations: { luma: NEVER_READY } });
  const [id = ''] = await rig.enqueue('flood', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.worker({ PUBLIC_URL: door.url });
  await rig.reached([id], ['rendering']);
  const url = await addressOf(rig, door, id);
  await flooded(url);
  await expect.poll(async () => (await rig.generation(id)).quick).toBe(3);
  await flooded(url);
  const generation = await rig.generation(id);
  expect(generation).toMatchObject({ polls: 3, state: 'rendering' });
  // The usual time comes: here by hand.
  await note(rig.store, generation, { usualAt: 1 });
  const job = await rig.queues.get('luma-poll').getJob(`${id}-${generation.seq}`);
  await expect.poll(() => job?.promote().then(() => true, () => false)).toBe(true);
  await expect.poll(async () => (await rig.generation(id)).quick).toBe(0);
});

test('a thousand callbacks while it becomes ready, and a thousand after, make one end', async () => {
  const { rig, door } = await openCallingRig();
  const [id = ''] = await rig.enqueue('flood', [{ provider: 'luma', ask: PROMPTS.luma }]);
  await rig.worker({ PUBLIC_URL: door.url, LUMA_POLL_MIN_MS: '500', LUMA_POLL_MAX_MS: '500' });
  await rig.reached([id], ['rendering']);
  const url = await addressOf(rig, door, id);
  await flooded(url);
  await rig.reached([id], ['succeeded']);
  const before = await rig.generation(id);
  await flooded(url);
  expect(await rig.generation(id)).toEqual(before);
  const steps = before.history.map(({ state, times = 1 }) => `${state} ${times}`);
  expect(steps).toEqual(['queued 1', 'submitting 1', 'rendering 1', 'downloading 1', 'succeeded 1']);
  expect(rig.simulator.counts().accepted).toBe(1);
});

test('without a PUBLIC_URL nobody is asked to call, and the nonce still travels', async () => {
  const { rig, door } = await openCallingRig({}, paces(['FIRST_POLL_MS', 'POLL_MIN_MS'], '50'));
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
  const boats = Array.from({ length: PROOF }, (_, at) => ({ provider: 'luma' as const, ask: { prompt: `a boat, number ${at}` } }));
  const some = (name: string) => rig.enqueue(name, boats);
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
  const before = await pollsOf(first);
  let after = before;
  // The worker reads it again every two seconds, on a busy machine later.
  for (let made = 0; mean(after) >= mean(before); made += 1) {
    await rest(2_500);
    const second = await some(`second-${made}`);
    await rig.reached(second, ['succeeded']);
    after = await pollsOf(second);
  }

  const heard = door.knocks.length;
  door.before = () => new Promise(() => undefined);
  const third = await some('third');
  await rig.reached(third, ['succeeded']);
  expect(door.knocks.length).toBeGreaterThan(heard);
  expect(await callbacksArrive(rig.store, account, 'luma')).toBe(false);
  const [fourth = ''] = await some('fourth');
  await rig.reached([fourth], ['succeeded']);
  const { taskKey } = await rig.generation(fourth);
  const looks = rig.simulator.requests({ kind: 'poll' }).filter(({ taskId, otherTaskIds = [] }) => [taskId, ...otherTaskIds].includes(taskKey));
  const [looked = 0, again = looked] = looks.map(({ at }) => at);
  // Between the usual pause, of 2.5 s and something, and the four times that it would be where they have thinned out.
  expect(again - looked).toBeLessThan(6_000);
});

/** Whose named task is asked about, in whatever shard. */
async function offered({ store }: Rig): Promise<string[]> {
  return (await Promise.all(store.shards.map(({ redis, keys }) => redis.smembers(keys.offered)))).flat();
}
