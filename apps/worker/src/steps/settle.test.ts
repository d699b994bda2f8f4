/** When a look-up is believed, and what it teaches. */
import { randomUUID } from 'node:crypto';
import { type Found, ProviderError, type Task } from '@dailies/providers';
import { afterRestore, flag, heldCounts, hold, jobId, lookupsOf, MOST_QUICK_POLLS, note, type Patch, pauses, release, resolveGeneration, resume, Secret, shardOf, transition } from '@dailies/queue';
import { expect, test } from 'vitest';
import { ADMISSION } from '../../../../test/support/ledger.ts';
import type { Assignment, WorkerContext } from '../context.ts';
import { adopt } from '../settle/adopt.ts';
import { lookTimes } from '../settle/look-times.ts';
import { markUnresolved } from '../settle/mark-unresolved.ts';
import { refusedForItsId } from '../settle/refused-for-its-id.ts';
import { sendAgain } from '../settle/send-again.ts';
import { whoseTask } from '../settle/whose-task.ts';
import { nonceOf } from '../submit/nonce.ts';
import { putBack } from '../submit/put-back.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';
import { settleStep } from './settle.ts';
import { billedOn, openStepStage, type StepStage } from './testing/step-stage.ts';

const AT_ONCE = { settleAfterMs: 10, settleSilentMs: 30 };
const absent = { find: () => Promise.resolve('absent' as const) };
const by = '1.look';

async function settled(stage: StepStage, id: string) {
  const step = await settleStep(stage.context, { upstream: stage.upstream, generation: await stage.ledger.generation(id), by });
  return { step, ...(await stage.ledger.generation(id)) };
}

test('absence is believed once it has rested, and sent again without an attempt', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { id } = await stage.ambiguous(1_000, { quick: 1, badLooks: 1 });
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'queued', absences: 1, attempts: 0 });
  const { quick, badLooks, ambiguity } = await stage.ledger.generation(id);
  expect({ quick, badLooks, ambiguity }, 'of the doubt that has ended').toEqual({});
});

test('absence is counted from the end of the exchange, not from its begin', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const sentAt = Date.now() - 1_000;
  const { id } = await stage.ambiguous(1_000, { ambiguity: { sentAt, endAt: sentAt + 60_000, endSeen: true, why: 'our time-out' } });
  // Longer than what has to pass by the clock of Redis.
  await expect.poll(async () => Date.now() - sentAt).toBeGreaterThan(1_050);
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
});

const ago = (ms: number): number => Date.now() - ms;
/** Until nothing of a submit whose end nobody saw can arrive any more, with the 100 s of this test. */
const SILENT = 100_000 + SEND_WITHIN_MS;

test.each([
  ['whose end nobody saw is not long ago while its owner may have sent late', () => ({ sentAt: ago(SILENT - 20_000) }), false],
  ['whose end nobody saw is long ago when what its owner sent late has arrived', () => ({ sentAt: ago(SILENT) }), true],
  ['that a restored backup has put in doubt is as old as the doubt', () => ({ sentAt: ago(7_200_000), until: ago(SILENT - 20_000) }), false],
  ['that a restored backup has put in doubt has no end that was seen', () => ({ sentAt: ago(7_200_000), endSeen: true, until: ago(60_000) }), false],
])('a submit %s', async (_, doubtNow, isLongAgo) => {
  const doubt = doubtNow();
  const stage = openStepStage({}, { settleAfterMs: 10_000, settleSilentMs: 100_000 });
  const generation = await stage.ambiguous(0, { ambiguity: { endSeen: false, why: 'silent', ...doubt } });
  expect(await lookTimes(stage.context, generation, doubt.sentAt)).toMatchObject({ isLongAgo, isEndSeen: false });
});

test('a submit whose sender has a clock that is ahead is as old as Redis says', async () => {
  const stage = openStepStage({}, { settleAfterMs: 10_000, settleSilentMs: 100_000 });
  const generation = await stage.ambiguous(-3_600_000);
  expect((await lookTimes(stage.context, generation, generation.ambiguity?.sentAt ?? 0)).untilFirst).toBeLessThanOrEqual(5_000);
});

test('where tasks may show late, absence is believed four times as long after the end, and looked for just then', async () => {
  const stage = openStepStage({ ...absent, mayShowLate: true }, { settleAfterMs: 10_000, settleSilentMs: 100_000 });
  const began = Date.now();
  const early = await stage.ambiguous(20_000);
  const { step } = await settled(stage, early.id);
  expect(step).toMatchObject({ kind: 'wait', why: 'looked: absent' });
  expect((step as { ms: number }).ms).toBeGreaterThanOrEqual(20_000 - (Date.now() - began));
  expect((step as { ms: number }).ms).toBeLessThanOrEqual(20_000);
  const late = await stage.ambiguous(41_000);
  // Nothing but the clock of Redis, by which it has not rested for so long, keeps it now.
  expect(await settled(stage, late.id)).toMatchObject({ step: { kind: 'wait', why: expect.stringContaining('by the clock of Redis') } });
});

test('absence is not acted on where nothing is to be sent again by itself', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { id } = await stage.ambiguous(60_000);
  stage.upstream.settings = { ...stage.upstream.settings, resubmitAbsent: false };
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'unresolved' });
});

test.each([
  ['the upstream has refused it for its id', { refusedAs: 'id-used' as const }, {}],
  ['a callback has named a task, of which the upstream does not know yet', {}, { offer: 'named' }],
])('absence is no question while a look is still to come, where %s', async (_, doubt, named) => {
  const stage = openStepStage({ ...absent, recognise: () => Promise.resolve('missing') }, { settleAfterMs: 10, settleSilentMs: 600_000 });
  const sentAt = Date.now() - 1_000;
  const { id } = await stage.ambiguous(1_000, { ambiguity: { sentAt, endAt: sentAt, endSeen: true, why: 'HTTP 400', ...doubt }, ...named });
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait', why: expect.stringContaining('not found, but') } });
  stage.context.config.settleSilentMs = 500;
  const asked = await settled(stage, id);
  expect(asked, 'after the last look').toMatchObject({ state: 'unresolved' });
  expect(asked, 'a late callback is heard again').not.toHaveProperty('quick');
});

test.each([
  ['refuses to show it', { offer: 'named' }],
  ['has shown it to be no task of ours, and was asked as often as callbacks may bring on', { offer: 'named', offerSeen: 'named', quick: MOST_QUICK_POLLS }],
])('absence is believed though a callback has named a task, where the upstream %s', async (_, named) => {
  const recognise = () => Promise.reject(new ProviderError('rejected', 'no such task'));
  const stage = openStepStage({ ...absent, recognise }, { settleAfterMs: 10, settleSilentMs: 600_000 });
  const { id } = await stage.ambiguous(1_000, named);
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'queued', attempts: 0 });
});

test.each([
  ['has failed where the upstream has refused it for its id', {}, 'failed'],
  ['is a question while the upstream has not said whose the task is that a callback has named', { offer: 'named' }, 'unresolved'],
])('what finds an older task under its id %s', async (_, named, state) => {
  const older = () => Promise.resolve({ task: { id: 'older' }, by: 'client-id' as const, ageMs: 3_600_000 });
  const stage = openStepStage({ find: older, recognise: () => Promise.resolve('missing') }, AT_ONCE);
  const sentAt = Date.now() - 1_000;
  const { id } = await stage.ambiguous(1_000, { ambiguity: { sentAt, endAt: sentAt, endSeen: true, why: 'HTTP 400', refusedAs: 'id-used' }, ...named }, 'mine');
  expect(await settled(stage, id)).toMatchObject({ state });
});

test('what was never accepted, and somebody wishes to cancel, is canceled', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { id } = await stage.ambiguous(1_000);
  await note(stage.ledger.store, await stage.ledger.generation(id), { cancelRequested: true });
  await expect.poll(() => settled(stage, id)).toMatchObject({ state: 'canceled' });
});

test('a task of the same request is not taken while a sibling that may own it has no answer', async () => {
  const stage = openStepStage({ find: () => Promise.resolve({ task: { id: 'whose' }, by: 'request' as const }) }, { ...AT_ONCE, settleSilentMs: 600_000 });
  const sibling = await stage.submitting();
  const { id } = await stage.ambiguous(20);
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
  expect(await stage.ledger.generation(sibling.id)).toMatchObject({ state: 'submitting' });
});

test('a task of the same request is taken where each sibling in flight has a task of its own', async () => {
  const stage = openStepStage({ find: () => Promise.resolve({ task: { id: 'whose' }, by: 'request' as const }) }, { ...AT_ONCE, settleSilentMs: 600_000 });
  await stage.rendering();
  const { id } = await stage.ambiguous(20);
  expect(await settled(stage, id)).toMatchObject({ state: 'rendering', taskKey: 'whose' });
});

test('a task of the same request that a sibling has is not kept beside this one: nothing says that it was ever its own', async () => {
  const owned = { task: {} };
  const stage = openStepStage({ find: () => Promise.resolve({ task: owned.task, by: 'request' as const }) }, AT_ONCE);
  owned.task = (await stage.rendering()).task ?? {};
  const { id } = await stage.ambiguous(1_000);
  const { state, strays } = await settled(stage, id);
  expect({ state, strays }).toEqual({ state: 'unresolved', strays: undefined });
});

/** Look-ups that get no answer before a person is asked: an hour and a half of them. */
const MOST_FAILED = 90;

test('of a submit of hours ago a person is asked only after looks of an hour and a half without an answer: a machine that wakes may have no network', async () => {
  const stage = openStepStage({ find: noAnswer }, AT_ONCE);
  const { id } = await stage.ambiguous(7_200_000);
  for (let look = 1; look < MOST_FAILED; look += 1) expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
  expect(await settled(stage, id)).toMatchObject({ state: 'unresolved' });
});

test('the next look comes no sooner than the upstream has asked for, and counts for those that it replaces, for fifteen at most', async () => {
  const stage = openStepStage({ find: () => Promise.reject(new ProviderError('rate', 'HTTP 429', { retryAfterMs: 3_600_000 })) }, AT_ONCE);
  const { id } = await stage.ambiguous(7_200_000);
  for (let look = 1; look < 6; look += 1) expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait', ms: 3_600_000 } });
  expect(await settled(stage, id)).toMatchObject({ state: 'unresolved' });
});

test.each(['auth', 'ip'] as const)('after a restored backup a look-up that is refused (%s) pauses the account once: after a resume it fails like any other, where a gateway refuses look-ups alone', async (kind) => {
  const stage = openStepStage({ find: refuse }, AT_ONCE);
  const { store } = stage.ledger;
  /** Its file drops it meanwhile: what a worker writes down about the refusal must not undo that. */
  async function refuse(): Promise<never> {
    await flag(store, id, ['ambiguous'], { dropped: true });
    throw new ProviderError(kind, 'HTTP 401');
  }
  const until = Date.now() - 7_200_000;
  const { id } = await stage.ambiguous(1_000, { ambiguity: { sentAt: until, until, endSeen: false, why: 'restored' } });
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
  expect(await pauses(store)).toMatchObject([{ scope: `account:${stage.account}`, kind }]);
  await resume(store, 'kling', [stage.account]);
  for (let look = 1; look < MOST_FAILED; look += 1) expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
  expect(await settled(stage, id)).toMatchObject({ state: 'unresolved', dropped: true });
  await resolveGeneration(stage.ledger, id, { what: 'resubmit' });
  expect((await stage.ledger.generation(id)).held, 'a person says that it is sent').toBeUndefined();
  expect(await pauses(store)).toEqual([]);
});

test('a look-up that is refused for another key, which a person has set after the first pause, pauses the account again', async () => {
  const stage = openStepStage({ find: () => Promise.reject(new ProviderError('auth', 'HTTP 401')) }, AT_ONCE);
  const { store } = stage.ledger;
  const { id } = await stage.ambiguous(1_000);
  for (const key of ['wrong', 'mistyped']) {
    stage.upstream.account = { ...stage.upstream.account, apiKey: new Secret(key) };
    await settled(stage, id);
    expect(await resume(store, 'kling', [stage.account])).toEqual([`account:${stage.account}`]);
  }
});

test('a look-up that is refused for the address of the machine is no pause at other times: a gateway may say so of a way of asking that it does not have', async () => {
  const stage = openStepStage({ find: () => Promise.reject(new ProviderError('ip', 'HTTP 403')) }, AT_ONCE);
  const { id } = await stage.ambiguous(1_000);
  expect(await settled(stage, id)).toMatchObject({ state: 'ambiguous', step: { kind: 'wait' } });
  expect(await pauses(stage.ledger.store)).toEqual([]);
});

/** After a restored backup, and with another key than that of the last submit that the backup knows, which is looked up too: `shows`. */
type Shows = (task: Task, stage: StepStage, sentAt: number) => Promise<Found | 'absent'>;

async function restoredUnderAnotherKey(shows: Shows, how: (task: string) => Patch) {
  const last = { clientId: 'last.1', nonce: randomUUID(), sendBy: Date.now() - 60_000 };
  const known: { task: Task } = { task: {} };
  const stage: StepStage = openStepStage(
    { find: (_, { clientId, sentAt }) => (clientId === last.clientId ? shows(known.task, stage, sentAt) : Promise.resolve('absent')) },
    { settleAfterMs: 10, settleSilentMs: 3_000 },
  );
  const { id, task = {} } = await stage.rendering();
  known.task = task;
  last.clientId = `${id}.1`;
  await note(stage.ledger.store, await stage.ledger.generation(id), { ...last, ...how(`task-${id}`) });
  const until = Date.now() - 20_000;
  const { clientId, nonce } = last;
  const inDoubt = await stage.ambiguous(1_000, { ambiguity: { sentAt: until - 1_000, until, endSeen: false, why: 'restored', sentAs: { clientId, nonce } } });
  return settled(stage, inDoubt.id);
}

const shown = (task: Task) => Promise.resolve({ task, by: 'client-id' as const });
const another = () => shown({ id: 'another' });
const fromItsFirstTry = (task: Task, _: StepStage, sentAt: number) => Promise.resolve(sentAt === 1 ? { task, by: 'nonce' as const } : ('absent' as const));
const noAnswer = () => Promise.reject(new ProviderError('unavailable', 'HTTP 503'));
const stopping = (_: Task, { stop }: StepStage) => (stop.abort(), noAnswer());
const answered = (): Patch => ({});
const sentAnew = (): Patch => ({ nonce: randomUUID() });
const ofAnother = (): Patch => ({ account: 'kling@http://127.0.0.1:2' });
const given = (task: string): Patch => ({ givenTask: task });
const found = (): Patch => ({ ambiguity: { sentAt: 1, endSeen: true, why: 'reset' } });
const foundAfterIt = (): Patch => ({ ambiguity: { sentAt: 1, until: Date.now() - 20_000, endSeen: false, why: 'restored' } });

test.each([
  ['is queued again where the key of now shows the last known submit', shown, answered, 'queued'],
  ['is a question where it does not', () => Promise.resolve('absent' as const), answered, 'unresolved'],
  ['is a question where it shows another task under the id of that submit', another, answered, 'unresolved'],
  ['is a question where that submit was sent once more since', shown, sentAnew, 'unresolved'],
  ['is a question where that submit went to another account', shown, ofAnother, 'unresolved'],
  ['is queued again where it shows that submit, which was in doubt itself, by its nonce', fromItsFirstTry, found, 'queued'],
  ['is a question where a person gave that task, in whichever account that person looked', shown, given, 'unresolved'],
  ['is a question where that task was found by a look-up, perhaps with the key of now', shown, found, 'unresolved'],
  ['is a question where it was found so after the restore', shown, foundAfterIt, 'unresolved'],
  ['waits where that look-up got no answer, which says nothing of the key', noAnswer, answered, 'ambiguous'],
  ['waits where the worker stops during that look-up', stopping, answered, 'ambiguous'],
] as const)('what is absent after a restored backup, with the key changed, %s', async (_, shows, how, state) => {
  expect(await restoredUnderAnotherKey(shows, how)).toMatchObject({ state });
});

test.each([
  ['is sent again where the account was last submitted to under that path', 'now', 'queued'],
  ['is a question where the account was last submitted to under another one', 'another', 'unresolved'],
])('what is absent after a restored backup, and had been put back under the path of now, %s', async (_, endpointPath, state) => {
  const stage = openStepStage({ find: () => Promise.resolve('absent') }, { settleAfterMs: 10, settleSilentMs: 3_000 });
  stage.upstream.account = { ...stage.upstream.account, endpointPath: 'now' };
  const until = Date.now() - 20_000;
  const sentAs = { clientId: 'last.1', nonce: nonceOf(stage.upstream.account, 'last.1'), endpointPath };
  const { id } = await stage.ambiguous(1_000, { endpointPath: 'now', ambiguity: { sentAt: until - 1_000, until, endSeen: false, why: 'restored', sentAs } });
  expect(await settled(stage, id)).toMatchObject({ state });
});

test('what is absent after a restored backup goes on as if it had never been in doubt: what its file had dropped is held again', async () => {
  const stage = openStepStage(absent, AT_ONCE);
  const { ledger } = stage;
  const { id } = await stage.queued();
  await hold(ledger.store, await ledger.generation(id), 'dropped');
  await afterRestore(ledger);
  const { ambiguity, ...doubtful } = await ledger.generation(id);
  const until = Date.now() - 20_000;
  await note(ledger.store, doubtful, { ambiguity: { ...ambiguity, sentAt: until, until, endSeen: false, why: 'restored' } });
  expect(doubtful.restored).toBe(true);
  const { state, held, restored, absences = 0, absentUntil, seq } = await settled(stage, id);
  expect({ state, held, restored, absences, absentUntil }).toEqual({ state: 'queued', held: 'dropped', restored: undefined, absences: 0, absentUntil: until });
  expect(await ledger.queues.get('kling-submit').getJob(jobId(id, seq))).toBeUndefined();
  expect(await heldCounts(ledger.store, [stage.account])).toEqual([{ provider: 'kling', reason: 'dropped', count: 1 }]);
});

test.each([
  ['is held', null, { state: 'queued', held: 'dropped', hasJob: false }],
  ['is sent again where a file has it again', 'back', { state: 'queued', held: undefined, hasJob: true }],
  ['is canceled where somebody wishes that', 'canceled', { state: 'canceled', held: undefined, hasJob: false }],
])('what is absent, and left its file while it was looked for, %s', async (_, then, wanted) => {
  const { ledger, ...stage } = openStepStage(absent, AT_ONCE);
  const generation = await stage.ambiguous(1_000);
  const { id } = generation;
  await note(ledger.store, generation, { dropped: true });
  if (then === 'canceled') await flag(ledger.store, id, ['ambiguous'], { cancelRequested: true });
  if (then === 'back') await release(ledger.store, ledger.queues, [id], ['dropped']);
  await sendAgain(stage.context, { upstream: stage.upstream, generation, by });
  expect(await queuedAs(stage, ledger, id)).toEqual(wanted);
  expect(await heldCounts(ledger.store, [stage.account])).toEqual(wanted.held === undefined ? [] : [{ provider: 'kling', reason: 'dropped', count: 1 }]);
});

test.each([
  ['is held', false, { state: 'queued', held: 'dropped', hasJob: false }],
  ['is canceled where somebody wishes that, though no submit step may come', true, { state: 'canceled', held: undefined, hasJob: false }],
])('what left its file while in doubt, and whose worker knows late that it was never sent, %s', async (_, wished, wanted) => {
  const { ledger, ...stage } = openStepStage();
  const generation = await stage.submitting();
  const { id } = generation;
  await note(ledger.store, generation, { dropped: true });
  const patch = { ambiguity: { sentAt: 1, endSeen: false, why: 'silent' } };
  await transition(ledger.store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.judge', patch });
  if (wished) await flag(ledger.store, id, ['ambiguous'], { cancelRequested: true });
  await putBack(stage.context, generation, by, 'it was held up');
  expect(await queuedAs(stage, ledger, id)).toEqual(wanted);
});

test.each([
  ['is held', false, { state: 'queued', held: 'dropped', hasJob: false }],
  ['is queued where a file has it again', true, { state: 'queued', held: undefined, hasJob: true }],
])('what left its file while it was being submitted, and was refused, %s', async (_, isBack, wanted) => {
  const { ledger, ...stage } = openStepStage();
  const generation = await stage.submitting();
  const { id } = generation;
  await note(ledger.store, generation, { dropped: true });
  if (isBack) await release(ledger.store, ledger.queues, [id], ['dropped']);
  await putBack(stage.context, generation, by, 'slots full');
  expect(await queuedAs(stage, ledger, id)).toEqual(wanted);
  const { history, dropped } = await ledger.generation(id);
  expect({ dropped, note: history.at(-1)?.note }).toEqual({ dropped: undefined, note: isBack ? 'slots full' : 'slots full; held, since its file no longer has it' });
});

async function queuedAs(stage: Pick<StepStage, 'account'>, { store, queues, generation }: StepStage['ledger'], id: string): Promise<object> {
  const { state, held, seq } = await generation(id);
  const job = await queues.of(shardOf(store, stage.account).number).get('kling-submit').getJob(jobId(id, seq));
  return { state, held, hasJob: job !== undefined };
}

test('an older task is its own where it may be of a submit that no look-up showed before', async () => {
  const stage = openStepStage();
  const mine = { ...(await stage.queued()), id: 'mine', ambiguity: { sentAt: Date.now(), until: Date.now(), endSeen: false, why: 'restored' } };
  const whose = (patch: object) => whoseTask(stage.context, { ...mine, ...patch }, { task: { id: 't1' }, by: 'client-id', ageMs: 3_600_000 });
  expect(await Promise.all([whose({}), whose({ absences: 1 }), whose({ absentUntil: 1 })])).toEqual(['another ledger', 'ours', 'ours']);
});

test.each([
  ['a look-up by our id', 'client-id', 'look-up', { foundBefore: true, nonceSeen: false }],
  ['a look-up by our nonce', 'nonce', 'look-up', { foundBefore: true, nonceSeen: true }],
  ['a look-up by the request alone, which shows nothing of ours', 'request', 'look-up', { foundBefore: false, nonceSeen: false }],
  ['a callback, whatever it shows', 'nonce', 'callback', { foundBefore: false, nonceSeen: false }],
] as const)('%s proves of the look-up what it has shown, and no more', async (_, mark, namedBy, known) => {
  const stage = openStepStage();
  const generation = await stage.ambiguous(1_000);
  const found = { task: { id: 't1' }, by: mark };
  await adopt(stage.context, { upstream: stage.upstream, generation, by }, { found, sentAt: Date.now(), namedBy });
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'rendering' });
  expect(await lookupsOf(stage.ledger.store, stage.account, 'kling:classic')).toEqual(known);
});

test.each([
  ['it was never accepted', sendAgain],
  ['nobody will ever know', (context: WorkerContext, assignment: Assignment) => markUnresolved(context, assignment, 'why')],
  ['its id was used before', (context: WorkerContext, assignment: Assignment) => refusedForItsId(context, assignment, 't1', 'c1')],
] as const)('a look at an earlier submit (%s) says nothing of a later one, of which nobody knows yet', async (_, end) => {
  const stage = openStepStage();
  const { store, generation: read } = stage.ledger;
  const earlier = await stage.ambiguous(1_000);
  for (const [from, to] of [['ambiguous', 'queued'], ['queued', 'submitting'], ['submitting', 'ambiguous']] as const) {
    await transition(store, earlier, { from: [from], to, by: `1.${to}`, ...(to === 'submitting' ? { admission: ADMISSION } : {}) });
  }
  const later = await read(earlier.id);
  await end(stage.context, { upstream: stage.upstream, generation: earlier, by });
  expect(await read(earlier.id)).toMatchObject({ state: 'ambiguous', seq: later.seq, history: later.history });
});

const FOUND = { found: { task: { id: 't1' }, by: 'client-id' }, sentAt: 1, namedBy: 'look-up' } as const;

test('a task that is found is looked at after the first wait', async () => {
  const stage = openStepStage();
  Object.assign(stage.context, { prices: billedOn('acceptance') });
  const generation = await stage.ambiguous(1_000);
  await adopt(stage.context, { upstream: stage.upstream, generation, by }, FOUND);
  const { id, seq, task, bill } = await stage.ledger.generation(generation.id);
  expect({ task, bill }).toEqual({ task: FOUND.found.task, bill: '1000000|USD|price|m' });
  expect(await stage.ledger.queues.get('kling-poll').getJob(jobId(id, seq))).toMatchObject({ delay: stage.upstream.settings.pace.firstPollMs });
});

test('what is found, and somebody wishes to cancel, is canceled, and keeps its task and its slot, since it is billed', async () => {
  const stage = openStepStage();
  const { store, generation: read } = stage.ledger;
  const generation = await stage.ambiguous(1_000);
  await note(store, generation, { cancelRequested: true });
  await adopt(stage.context, { upstream: stage.upstream, generation, by }, FOUND);
  expect(await read(generation.id)).toMatchObject({ state: 'canceled', task: FOUND.found.task });
  const { redis, keys } = shardOf(store, stage.account);
  expect(await redis.zscore(keys.slots(stage.account), generation.id)).not.toBeNull();
});

test('a task that is found and belongs to another generation stays with that one, and a person is asked', async () => {
  const stage = openStepStage();
  const owner = await stage.rendering();
  const generation = await stage.ambiguous(1_000);
  const task = owner.task ?? {};
  await adopt(stage.context, { upstream: stage.upstream, generation, by }, { ...FOUND, found: { task, by: 'request' } });
  expect(await stage.ledger.generation(generation.id)).toMatchObject({ state: 'unresolved' });
  expect(await stage.ledger.generation(owner.id)).toMatchObject({ state: 'rendering', task });
  const { redis, keys } = shardOf(stage.ledger.store, stage.account);
  expect(await redis.hget(keys.tasks(stage.account), owner.taskKey ?? '')).toBe(owner.id);
});
