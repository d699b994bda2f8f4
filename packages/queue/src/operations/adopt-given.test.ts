import { expect, test } from 'vitest';
import { beforeScript } from '../../../../test/support/before-script.ts';
import { accept, ACCOUNT, countIn, newGeneration, openTestLedger, shardHolding, type TestLedger } from '../../../../test/support/ledger.ts';
import { accountState } from '../ledger/account/account-state.ts';
import { forgetEndedDoubts } from '../ledger/account/ended-slots.ts';
import { reserve } from '../ledger/account/reservation.ts';
import { learn } from '../ledger/learn.ts';
import { endTask } from '../ledger/note.ts';
import type { Patch } from '../ledger/record.ts';
import { slotsTaken } from '../ledger/read.ts';
import { transition } from '../ledger/transition.ts';
import { jobId } from '../queues/names.ts';
import { repair } from '../queues/repair.ts';
import { shardOf } from '../shards/routing.ts';
import type { State } from '../states.ts';
import { afterRestore } from './after-restore.ts';
import { cancelGeneration } from './cancel.ts';
import { resolveGeneration } from './resolve.ts';
import { retryGeneration } from './retry.ts';

async function move(ledger: TestLedger, id: string, to: State, patch: Patch = {}, taskKey?: string): Promise<void> {
  const generation = await ledger.generation(id);
  const admission = { reservation: id, limit: 9, limitOfProvider: 9, judgeAfterMs: 60_000 };
  const result = await transition(ledger.store, generation, { from: [generation.state], to, by: `1.${id}-${to}`, patch, taskKey, ...(to === 'submitting' ? { admission } : {}) });
  expect(result.outcome).toBe('won');
}

async function unresolved(ledger: TestLedger, ...ids: string[]): Promise<void> {
  await accept(ledger.store, 'asks', ids.map((id) => newGeneration(id)));
  for (const id of ids) for (const state of ['submitting', 'ambiguous', 'unresolved'] as const) await move(ledger, id, state);
}

const give = (ledger: TestLedger, id: string, task: string, seq?: number) => resolveGeneration(ledger, id, { what: 'task', task }, seq);

async function ownerOf({ store }: TestLedger, id: string, task: string): Promise<string | null> {
  const { redis, keys } = await shardHolding(store, id);
  return redis.hget(keys.tasks(ACCOUNT), task);
}

const NEVER_SEEN: [State, Patch][] = [
  ['rendering', {}],
  ['overdue', {}],
  ['failed', { failure: { kind: 'missing', message: 'the upstream does not know this task (any more)', retryable: true }, finishedAt: 1 }],
  ['failed', { failure: { kind: 'upstream', message: 'Prediction failed', retryable: false }, finishedAt: 1 }],
];

test('what is overdue with its own task needs no word, and is told what it takes instead', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'asks', [newGeneration('late')]);
  for (const state of ['submitting', 'rendering', 'overdue'] as const) await move(ledger, 'late', state);
  expect(await give(ledger, 'late', 'other')).toMatchObject({ done: false, message: expect.stringContaining('retry polls that again and pays nothing') as string });
});

test.each(NEVER_SEEN)('a mistyped task is let go for the right one, which is polled at once, from %s %j', async (state, patch) => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one');
  expect(await give(ledger, 'one', 'mistyped')).toMatchObject({ done: true });
  if (state !== 'rendering') await move(ledger, 'one', state, { polls: 9, ...patch });
  const { seq } = await ledger.generation('one');

  expect(await give(ledger, 'one', 'right', seq)).toMatchObject({ done: true, message: 'task adopted in place of mistyped; it is polled now' });
  const after = await ledger.generation('one');
  expect(after).toMatchObject({ state: 'rendering', seq: seq + 1, round: 1, attempts: 1, polls: 0, task: { id: 'right' }, taskKey: 'right', submittedAt: expect.any(Number) as unknown });
  expect([after.failure, after.finishedAt, after.deadlineAt]).toEqual([undefined, undefined, undefined]);
  expect(after.history.at(-1)).toMatchObject({ state: 'rendering', note: 'task right given by a person in place of mistyped' });
  expect([await ownerOf(ledger, 'one', 'mistyped'), await ownerOf(ledger, 'one', 'right')]).toEqual([null, 'one']);
  expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(1);
  expect(await ledger.queues.get('allegro-poll').getJob(jobId('one', after.seq))).toMatchObject({ delay: 0 });
});

test.each([
  ['gives its task', { what: 'task', task: 'right' }, 'rendering'],
  ['sends it again', { what: 'resubmit' }, 'queued'],
] as const)('whoever %s wants its video, though somebody wished to cancel it while nobody knew the outcome of its submit', async (_, word, state) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'asks', [newGeneration('one')]);
  for (const step of ['submitting', 'ambiguous'] as const) await move(ledger, 'one', step);
  expect(await cancelGeneration(ledger, 'one')).toMatchObject({ outcome: 'requested' });
  await move(ledger, 'one', 'unresolved');
  expect(await resolveGeneration(ledger, 'one', word)).toMatchObject({ done: true });
  const after = await ledger.generation('one');
  expect([after.state, after.cancelRequested]).toEqual([state, undefined]);
  expect(after.refetched, 'whether its end says when a person came').toBe(state === 'rendering' ? true : undefined);
});

test('what was given by mistake is free for the one that it belongs to', async () => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one', 'two');
  await give(ledger, 'one', 'task-of-two');
  const given = 'a person gave that task to another generation, one; it is free when that one is resolved with its own task';
  expect(await give(ledger, 'two', 'task-of-two')).toMatchObject({ done: false, message: given });
  await resolveGeneration(ledger, 'one', { what: 'abandon' });
  expect(await give(ledger, 'two', 'task-of-two')).toMatchObject({ done: false, message: `${given}, or with resubmit` });
  expect(await give(ledger, 'one', 'task-of-one')).toMatchObject({ done: true });
  expect(await give(ledger, 'two', 'task-of-two')).toMatchObject({ done: true });
});

test('commands that a message of a simulated ledger suggests do not act on the real one, where the same id may be', async () => {
  const simulated = { ...openTestLedger(), suffix: ' --simulate' };
  await unresolved(simulated, 'one', 'two');
  const retried = await retryGeneration(simulated, 'two', { mayPay: true, byId: true });
  expect(retried).toMatchObject({ plan: 'person', message: expect.stringContaining('use `dailies resolve two --simulate`:') as unknown });
  expect(await cancelGeneration(simulated, 'two')).toMatchObject({ message: expect.stringContaining('`dailies resolve two --abandon --simulate`') as unknown });
});

test('a task of another generation is refused, and leaves no second task and no second slot behind', async () => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one', 'two');
  await give(ledger, 'two', 'task-of-two');
  expect(await give(ledger, 'one', 'task-of-two')).toMatchObject({ done: false });
  expect(await ledger.generation('one')).toMatchObject({ state: 'unresolved' });
  await give(ledger, 'one', 'mistyped');
  expect(await give(ledger, 'one', 'task-of-two')).toMatchObject({ done: false });
  const after = await ledger.generation('one');
  expect(after).toMatchObject({ state: 'rendering', taskKey: 'mistyped' });
  expect(after.strays).toBeUndefined();
  expect([await ownerOf(ledger, 'one', 'mistyped'), await ownerOf(ledger, 'one', 'task-of-two')]).toEqual(['one', 'two']);
  expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(2);
  // As a manifest may have brought it: another generation had the task first.
  const { redis, keys } = await shardHolding(ledger.store, 'one');
  await redis.hset(keys.tasks(ACCOUNT), 'mistyped', 'first');
  expect(await give(ledger, 'one', 'right')).toMatchObject({ done: true });
  expect(await ownerOf(ledger, 'one', 'mistyped')).toBe('first');
});

test('the right task whose answer came after a mistyped one was given is no second task any more', async () => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one');
  await give(ledger, 'one', 'mistyped');
  const late = (task: string) => ({ round: 1, task: { id: task }, taskKey: task, by: `1.${task}`, patch: {}, note: 'the answer came late', slotUntil: Date.now() + 60_000 });
  const generation = await ledger.generation('one');
  for (const task of ['first', 'right', 'last']) expect(await learn(ledger.store, generation, late(task))).toMatchObject({ outcome: 'stray' });
  for (const [task, others] of [['right', ['first', 'last']], ['last', ['first']], ['first', undefined]] as const) {
    expect(await give(ledger, 'one', task)).toMatchObject({ done: true });
    const after = await ledger.generation('one');
    expect([after.taskKey, after.strays?.map(({ taskKey }) => taskKey)]).toEqual([task, others]);
    expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(1 + (others?.length ?? 0));
    expect(await countIn(ledger.store, (keys) => keys.slotsOf(ACCOUNT, 'allegro'))).toBe(1 + (others?.length ?? 0));
  }
});

test('a task that the upstream itself gave, or one with its video, is not replaced', async () => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'own', 'there');
  await move(ledger, 'own', 'rendering', { task: { id: 'own-task' }, taskKey: 'own-task' }, 'own-task');
  expect(await give(ledger, 'own', 'other')).toMatchObject({ done: false, message: expect.stringContaining('it is rendering') as unknown });
  await give(ledger, 'there', 'right');
  await move(ledger, 'there', 'downloading');
  expect(await give(ledger, 'there', 'other')).toMatchObject({ done: false, message: expect.stringContaining('it is downloading') as unknown });
  await move(ledger, 'there', 'succeeded');
  expect(await give(ledger, 'there', 'other')).toMatchObject({ done: false });
});

/** Every way out of the state in which a given task is polled. */
test.each<[way: string, isDoubtful: boolean, slots: number, go: (ledger: TestLedger) => Promise<unknown>]>([
  ['is polled', true, 1, () => Promise.resolve()],
  ['is replaced by another', true, 1, (ledger) => give(ledger, 'one', 'right')],
  ['is overdue', true, 1, (ledger) => move(ledger, 'one', 'overdue')],
  ['is overdue and retried', true, 1, (ledger) => move(ledger, 'one', 'overdue').then(() => retry(ledger))],
  ['is handed over anew by the repair', true, 1, (ledger) => repair(ledger.store, ledger.queues, ['one'])],
  ['is read from a restored backup', true, 1, (ledger) => afterRestore(ledger)],
  ['is canceled', true, 1, (ledger) => cancelGeneration(ledger, 'one')],
  ['is canceled, and its end was seen', false, 0, (ledger) => cancelGeneration(ledger, 'one').then(async () => endTask(ledger.store, await ledger.generation('one')))],
  ['is canceled and retried', true, 1, (ledger) => cancelGeneration(ledger, 'one').then(() => retry(ledger))],
  ['is given up', false, 0, (ledger) => resolveGeneration(ledger, 'one', { what: 'abandon' })],
  ['is given up and retried', true, 1, (ledger) => resolveGeneration(ledger, 'one', { what: 'abandon' }).then(() => retry(ledger))],
  ['fails', false, 0, (ledger) => move(ledger, 'one', 'failed')],
  ['brings its video', false, 0, (ledger) => move(ledger, 'one', 'downloading')],
])('a task that a person gave makes room beside it for as long as it may be mistyped: it %s', async (_, isDoubtful, slots, go) => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one');
  expect(await give(ledger, 'one', 'mistyped')).toMatchObject({ done: true });
  await go(ledger);
  const store = shardOf(ledger.store, ACCOUNT);
  expect(await forgetEndedDoubts(store, ACCOUNT, 100), 'left behind').toBe(0);
  expect([(await accountState(store, ACCOUNT)).doubtful, await slotsTaken(ledger.store, ACCOUNT)]).toEqual([isDoubtful ? 1 : 0, slots]);

  await accept(ledger.store, 'asks', [newGeneration('next')]);
  const place = (account: number) => reserve(store, { provider: 'allegro', account: ACCOUNT, token: String(account), limits: { account, provider: 9 } });
  expect(await place(1), 'of the configured slots it takes one').toMatchObject({ go: slots === 0 });
  if (slots > 0) expect(await place(2), 'of the learned limit it takes none').toMatchObject({ go: isDoubtful });
});

const retry = async (ledger: TestLedger) => expect(await retryGeneration(ledger, 'one', { mayPay: false, byId: true })).toMatchObject({ plan: 'poll', done: true });

test.each([{ what: 'task', task: 'right' }, { what: 'resubmit' }, { what: 'abandon' }] as const)(
  'a word ($what) on what was sent again, and is unresolved once more, just as it came in is no word on that',
  async (word) => {
    const ledger = openTestLedger();
    await unresolved(ledger, 'one');
    const wasFirst = beforeScript(ledger, 'unresolved', async () => {
      expect(await resolveGeneration(ledger, 'one', { what: 'resubmit' })).toMatchObject({ done: true });
      for (const state of ['submitting', 'ambiguous', 'unresolved'] as const) await move(ledger, 'one', state);
    });
    expect(await resolveGeneration(ledger, 'one', word)).toMatchObject({ done: false, message: 'it changed meanwhile; look again' });
    expect(wasFirst()).toBe(true);
    expect(await ledger.generation('one')).toMatchObject({ state: 'unresolved', round: 2 });
  },
);

test('what cannot be a task is refused in one sentence', async () => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one');
  expect(await give(ledger, 'one', 'two words')).toMatchObject({ done: false, message: '"two words" cannot be a task id here: give the request id that Allegro gave' });
});

test('what had its video and could not be fetched again takes no other task: the one it has is right', async () => {
  const ledger = openTestLedger();
  await unresolved(ledger, 'one');
  await give(ledger, 'one', 'right');
  await move(ledger, 'one', 'downloading');
  await move(ledger, 'one', 'succeeded', { files: [] });
  await retryGeneration(ledger, 'one', { mayPay: false, byId: true, verify: () => Promise.resolve(false) });
  await move(ledger, 'one', 'failed', { failure: { kind: 'asset', message: 'gone', retryable: true }, finishedAt: 1 });
  expect(await give(ledger, 'one', 'other')).toMatchObject({ done: false });
  expect(await ledger.generation('one')).toMatchObject({ state: 'failed', taskKey: 'right' });
});
