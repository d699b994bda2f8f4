/** What a crash between a write of the ledger and the job after it leaves, and a job that will never run again. */
import type { Job } from 'bullmq';
import { expect, test } from 'vitest';
import { beforeScript } from '../../../../test/support/before-script.ts';
import { accept, ADMISSION, newGeneration, openTestLedger, type TestLedger } from '../../../../test/support/ledger.ts';
import { flag, hold } from '../ledger/note.ts';
import { transition } from '../ledger/transition.ts';
import type { State } from '../states.ts';
import { handOver } from './hand-over.ts';
import { DOWNLOAD_QUEUE, jobId, pollQueue, submitQueue } from './names.ts';
import { hasRenewedJob, release, repair } from './repair.ts';

const TASK = { task: { id: 't' }, taskKey: 't' };
const QUEUES: Partial<Record<State, string>> = { queued: submitQueue('allegro'), ambiguous: pollQueue('allegro'), rendering: pollQueue('allegro'), overdue: pollQueue('allegro'), canceled: pollQueue('allegro'), downloading: DOWNLOAD_QUEUE };

/** The ways from queued to where it is left, and whether the last of them needs a job. */
const WAYS: Partial<Record<State, readonly State[]>> = {
  queued: [],
  ambiguous: ['submitting', 'ambiguous'],
  rendering: ['submitting', 'rendering'],
  overdue: ['submitting', 'rendering', 'overdue'],
  canceled: ['submitting', 'rendering', 'canceled'],
  downloading: ['submitting', 'rendering', 'downloading'],
};

async function leftIn(ledger: TestLedger, id: string, state: State): Promise<void> {
  await accept(ledger.store, null, [newGeneration(id)]);
  for (const to of WAYS[state] ?? []) {
    const { state: from } = await ledger.generation(id);
    const change = { from: [from], to, by: `1.${to}`, ...(to === 'submitting' ? { admission: ADMISSION } : {}), ...(to === 'rendering' ? { patch: TASK } : {}), ...(to === 'canceled' ? { keepsTask: true } : {}) };
    expect((await transition(ledger.store, await ledger.generation(id), change)).outcome).toBe('won');
  }
}

/** The job of what it is now. */
async function jobOf(ledger: TestLedger, id: string): Promise<Job | undefined> {
  const { state, seq } = await ledger.generation(id);
  return ledger.queues.get(QUEUES[state] ?? '').getJob(jobId(id, seq));
}

test.each(Object.keys(WAYS) as State[])('what is %s and has no job gets one, once', async (state) => {
  const ledger = openTestLedger();
  await leftIn(ledger, 'one', state);
  const { seq } = await ledger.generation('one');
  expect(await jobOf(ledger, 'one')).toBeUndefined();
  expect(hasRenewedJob(await ledger.generation('one'))).toBe(false);

  expect(await repair(ledger.store, ledger.queues, ['one'])).toBe(1);
  expect(await ledger.generation('one')).toMatchObject({ state, seq: seq + 1 });
  expect(await jobOf(ledger, 'one')).toMatchObject({ data: { id: 'one', seq: seq + 1 } });
  expect(await repair(ledger.store, ledger.queues, ['one'])).toBe(0);
  expect((await ledger.generation('one')).seq).toBe(seq + 1);
  const repaired = await ledger.generation('one');
  expect([repaired, { ...repaired, seq: seq + 2 }].map(hasRenewedJob), 'of its next step nothing is said').toEqual([true, false]);
});

test('what is held, since it was proved absent, at the very moment in which a file has it again is released', async () => {
  const ledger = openTestLedger(undefined, 1);
  await leftIn(ledger, 'one', 'ambiguous');
  await flag(ledger.store, 'one', ['ambiguous'], { dropped: true });
  const doubtful = await ledger.generation('one');
  const releasing = release(ledger.store, ledger.queues, ['one'], ['dropped']);
  // After its first read, since the connection is the same.
  await transition(ledger.store, doubtful, { from: ['ambiguous'], to: 'queued', by: '1.settle' });
  expect(await releasing).toBe(1);
  expect(await ledger.generation('one')).toMatchObject({ state: 'queued' });
  expect(await jobOf(ledger, 'one')).toBeDefined();
});

test.each(['completed', 'failed'] as const)('a job that is %s and kept never runs again, and does not count as one: a new one has another id', async (end) => {
  const ledger = openTestLedger();
  await leftIn(ledger, 'one', 'rendering');
  await handOver(ledger.store, ledger.queues, [await ledger.generation('one')]);
  const job = await jobOf(ledger, 'one');
  await ledger.redis.hset(`${ledger.store.keys.prefix}:${pollQueue('allegro')}:${job?.id}`, 'finishedOn', Date.now(), ...(end === 'failed' ? ['failedReason', 'x'] : ['returnvalue', '"x"']));

  expect(await repair(ledger.store, ledger.queues, ['one'])).toBe(1);
  expect((await jobOf(ledger, 'one'))?.id).not.toBe(job?.id);
});

test.each(['submitting', 'unresolved', 'succeeded', 'failed'] as const)('what is %s needs no job, and gets none', async (state) => {
  const ledger = openTestLedger();
  await leftIn(ledger, 'one', state === 'succeeded' ? 'downloading' : 'queued');
  const ways = { submitting: ['submitting'], unresolved: ['submitting', 'ambiguous', 'unresolved'], succeeded: ['succeeded'], failed: ['submitting', 'failed'] } as const;
  for (const to of ways[state]) {
    const generation = await ledger.generation('one');
    await transition(ledger.store, generation, { from: [generation.state], to, by: `1.${to}`, ...(to === 'submitting' ? { admission: ADMISSION } : {}) });
  }
  const before = await ledger.generation('one');
  expect(before.state).toBe(state);
  expect(await repair(ledger.store, ledger.queues, ['one'])).toBe(0);
  expect(await ledger.generation('one')).toEqual(before);
});

test('a canceled one whose task has ended, and one that is held, get none', async () => {
  const ledger = openTestLedger();
  await leftIn(ledger, 'ended', 'canceled');
  await ledger.redis.hset(ledger.store.keys.generation('ended'), 'taskEndedAt', Date.now());
  await leftIn(ledger, 'held', 'queued');
  await hold(ledger.store, await ledger.generation('held'), 'origin');
  expect(await repair(ledger.store, ledger.queues, ['ended', 'held'])).toBe(0);
  expect(await ledger.generation('held')).toMatchObject({ held: 'origin', seq: 1 });
});

test.each([
  ['has ended', ['canceled'], { state: 'canceled', seq: 1 }],
  ['is queued anew', ['canceled', 'queued'], { state: 'queued', seq: 2 }],
] as const)('a repair that was stopped between its look and its act does nothing with what %s meanwhile', async (_, way, left) => {
  const ledger = openTestLedger();
  await leftIn(ledger, 'one', 'queued');
  const hasMovedOn = beforeScript(ledger, 'queued', async () => {
    for (const to of way) await transition(ledger.store, await ledger.generation('one'), { from: ['queued', 'canceled'].filter((state) => state !== to) as State[], to, by: `1.person-${to}` });
  });
  expect([await repair(ledger.store, ledger.queues, ['one']), hasMovedOn()]).toEqual([0, true]);
  expect(await ledger.generation('one')).toMatchObject(left);
  expect(await ledger.queues.get(submitQueue('allegro')).getJob(jobId('one', left.seq + 1))).toBeUndefined();
});

test('a repair gives no job to what is held between its look at a few fields and its reading of the whole', async () => {
  const ledger = openTestLedger(undefined, 1);
  await leftIn(ledger, 'one', 'queued');
  const waiting = await ledger.generation('one');
  // Redis has the scripts by then.
  await repair(ledger.store, ledger.queues, ['nobody']);
  const repairing = repair(ledger.store, ledger.queues, ['one']);
  // After its look, since the connection is the same.
  await hold(ledger.store, waiting, 'dropped');
  expect(await repairing).toBe(0);
  expect(await ledger.generation('one')).toMatchObject({ held: 'dropped', seq: waiting.seq });
});

test('a repair gives no job to what has been held since it looked', async () => {
  const ledger = openTestLedger();
  await leftIn(ledger, 'one', 'queued');
  const isHeld = beforeScript(ledger, 'queued', async () => hold(ledger.store, await ledger.generation('one'), 'dropped'));
  expect([await repair(ledger.store, ledger.queues, ['one']), isHeld()]).toEqual([0, true]);
  const { held, seq } = await ledger.generation('one');
  expect(held).toBe('dropped');
  expect(await ledger.queues.get(submitQueue('allegro')).getJob(jobId('one', seq))).toBeUndefined();
});
