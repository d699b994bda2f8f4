import { expect, test, vi } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { learnAccepted } from './account/accepted.ts';
import { accountState } from './account/account-state.ts';
import { attend } from './attendance.ts';
import { learn } from './learn.ts';
import { pause } from './account/pauses.ts';
import { readBatch } from './batches.ts';
import { note } from './note.ts';
import { countsOf, heldOf, slotsTaken } from './read.ts';
import { reserve } from './account/reservation.ts';
import { transition, type Change } from './transition.ts';
import { byPerson } from '../operations/by-person.ts';
import { release } from '../queues/repair.ts';
import { shardOf } from '../shards/routing.ts';

const LIMITS = { account: 2, provider: 2 };
const SUBMIT: Change = {
  from: ['queued'],
  to: 'submitting',
  by: '1.a',
  admission: { reservation: 'r', limit: 2, limitOfProvider: 2, judgeAfterMs: 1_000 },
};

async function submitted(ledger: ReturnType<typeof openTestLedger>, id: string, reservation = 'r') {
  const generation = await ledger.generation(id);
  await reserve(ledger.store, { provider: 'allegro', account: generation.account, limits: LIMITS, token: reservation });
  const result = await transition(ledger.store, generation, { ...SUBMIT, admission: { ...SUBMIT.admission!, reservation } });
  return { generation: await ledger.generation(id), result };
}

test('a submit takes the slot, and a task, its seq and the index are written in one step', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation, result } = await submitted(ledger, 'g1');
  expect(result.outcome).toBe('won');
  expect(await slotsTaken(ledger.store, generation.account)).toBe(1);
  expect(await ledger.redis.zcard(ledger.store.keys.slotsOf(generation.account, 'allegro'))).toBe(1);
  expect(await ledger.redis.zcard(ledger.store.keys.intents(generation.account))).toBe(1);

  const rendering = await transition(ledger.store, generation, { from: ['submitting'], to: 'rendering', by: '1.a', seq: 1, taskKey: 't1', patch: { task: { id: 't1' }, taskKey: 't1', submittedAt: 5 } });
  expect(rendering).toMatchObject({ outcome: 'won', seq: 2 });
  const found = await ledger.generation('g1');
  expect(found).toMatchObject({ state: 'rendering', seq: 2, task: { id: 't1' }, submittedAt: 5 });
  expect(found.history.map(({ state }) => state)).toEqual(['queued', 'submitting', 'rendering']);
  expect(await ledger.redis.zcard(ledger.store.keys.intents(generation.account))).toBe(0);
  expect(await ledger.redis.hget(ledger.store.keys.tasks(generation.account), 't1')).toBe('g1');
});

test('a resent transition is recognised as its own repetition and changes nothing', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  const change: Change = { from: ['submitting'], to: 'rendering', by: '1.a', seq: 1, taskKey: 't1', patch: { task: { id: 't1' } } };
  expect(await transition(ledger.store, generation, change)).toMatchObject({ outcome: 'won', seq: 2 });
  expect(await transition(ledger.store, generation, change)).toMatchObject({ outcome: 'mine', seq: 2 });
  expect((await readBatch(ledger.store, 'b'))?.counts.rendering).toBe(1);
  expect((await ledger.generation('g1')).history).toHaveLength(3);
});

test('a resent put-back of what its file has dropped is still said to be held', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  await note(ledger.store, { ...generation, state: 'submitting', seq: 1 }, { dropped: true });
  const putBack: Change = { from: ['submitting'], to: 'queued', by: '1.a', seq: 1 };
  expect(await transition(ledger.store, generation, putBack)).toMatchObject({ outcome: 'won', seq: 2, isHeld: true });
  expect(await transition(ledger.store, generation, putBack)).toMatchObject({ outcome: 'mine', seq: 2, isHeld: true });
});

test.each(['submitting', 'ambiguous', 'unresolved'] as const)('what a person wishes to cancel is canceled by its very put-back from %s, in one step, also where that is resent', async (state) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  if (state !== 'submitting') await transition(ledger.store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.judge' });
  if (state === 'unresolved') await transition(ledger.store, generation, { from: ['ambiguous'], to: state, by: '1.judge' });
  const before = await ledger.generation('g1');
  await note(ledger.store, before, { cancelRequested: true, unwanted: true });
  const putBack: Change = { from: [state], to: 'queued', by: '1.a', seq: before.seq, patch: { attempts: 0 }, note: 'full' };
  expect(await transition(ledger.store, generation, putBack)).toEqual({ outcome: 'canceled' });
  expect(await transition(ledger.store, generation, putBack), 'resent').toEqual({ outcome: 'canceled' });
  const { history, ...found } = await ledger.generation('g1');
  expect(found).toMatchObject({ state: 'canceled', attempts: 0, finishedAt: expect.any(Number) as number });
  expect([found.cancelRequested, found.unwanted]).toEqual([undefined, undefined]);
  const between = { submitting: ['submitting'], ambiguous: ['submitting', 'ambiguous', 'queued'], unresolved: ['submitting', 'ambiguous', 'unresolved', 'queued'] }[state];
  expect(history.map((entry) => entry.state)).toEqual(['queued', ...between, 'canceled']);
  expect(await slotsTaken(ledger.store, generation.account)).toBe(0);
  expect(await readBatch(ledger.store, 'b')).toMatchObject({ counts: { canceled: 1, queued: 0, [state]: 0 }, revision: expect.any(Number) as number, finishedAt: expect.any(Number) as number });
});

test('what a person wants collected after all is not canceled by a worker that has read the former wish, and is by a person', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  await transition(ledger.store, generation, { from: ['submitting'], to: 'rendering', by: '1.a', patch: { cancelRequested: true } });
  await note(ledger.store, await ledger.generation('g1'), { unwanted: true });
  const cancel: Change = { from: ['rendering'], to: 'canceled', by: '1.a', seq: 2, keepsTask: true };
  expect(await transition(ledger.store, generation, cancel)).toEqual({ outcome: 'unwanted' });
  expect(await ledger.generation('g1')).toMatchObject({ state: 'rendering', unwanted: true });
  expect(await transition(ledger.store, generation, { ...cancel, by: byPerson(1) })).toMatchObject({ outcome: 'won' });
});

test.each([
  ['was refused', ['failed'], undefined],
  ['was given up while nobody knew', ['ambiguous', 'unresolved', 'failed'], undefined],
  ['has failed with its task', ['rendering', 'failed'], true],
] as const)('what %s is called unwanted only where there may be a video', async (_, states, unwanted) => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  await note(ledger.store, generation, { cancelRequested: true, unwanted: true });
  for (const to of states) {
    const patch = to === 'rendering' ? { taskKey: 't1' } : undefined;
    expect(await transition(ledger.store, generation, { from: [(await ledger.generation('g1')).state], to, by: '1.a', patch })).toMatchObject({ outcome: 'won' });
  }
  expect((await ledger.generation('g1')).unwanted).toBe(unwanted);
});

test('another delivery loses and learns what was found', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  const lost = await transition(ledger.store, generation, { ...SUBMIT, by: '1.other' });
  expect(lost).toEqual({ outcome: 'lost', state: 'submitting', seq: 1 });
});

test('what was seen before it came back into the same state is not acted on: a delivery of an earlier go loses', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  const before = { ...SUBMIT, by: '1.late', seq: generation.seq };
  await transition(ledger.store, generation, { from: ['submitting'], to: 'queued', by: '1.a' });
  expect(await transition(ledger.store, generation, before)).toEqual({ outcome: 'lost', state: 'queued', seq: generation.seq + 1 });
});

test('no transition is taken that the table of states does not have', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await expect(transition(ledger.store, await ledger.generation('g1'), { from: ['queued'], to: 'succeeded', by: 'x' })).rejects.toThrow('no arrow');
});

test('the slot is refused when the account is full or paused, and free again after a failure', async () => {
  const ledger = openTestLedger();
  await learnAccepted(ledger.store, { id: 'g1', provider: 'allegro', account: ACCOUNT }, { configured: 2 });
  await accept(ledger.store, 'b', ['g1', 'g2', 'g3'].map((id) => newGeneration(id)));
  await submitted(ledger, 'g1', 'r1');
  await submitted(ledger, 'g2', 'r2');
  expect(await reserve(ledger.store, { provider: 'allegro', account: (await ledger.generation('g3')).account, limits: LIMITS, token: 'r3' })).toMatchObject({ go: false, why: 'full' });
  expect((await submitted(ledger, 'g3', 'r3')).result).toEqual({ outcome: 'refused', reason: 'full' });

  const first = await ledger.generation('g1');
  await transition(ledger.store, first, { from: ['submitting'], to: 'failed', by: '1.a', patch: { failure: { kind: 'rejected', message: 'no', retryable: false } } });
  expect(await reserve(ledger.store, { provider: 'allegro', account: first.account, limits: LIMITS, token: 'r3' })).toEqual({ go: true, queued: 1 });
  await pause(ledger.store, 'operator:allegro', { reason: 'lunch', kind: 'operator', polls: false });
  expect(await reserve(ledger.store, { provider: 'allegro', account: first.account, limits: LIMITS, token: 'r4' })).toMatchObject({ go: false, why: 'paused' });
  const refused = await transition(ledger.store, await ledger.generation('g3'), { ...SUBMIT, admission: { ...SUBMIT.admission!, reservation: 'r3' } });
  expect(refused).toEqual({ outcome: 'refused', reason: 'paused' });
});

test('an attended batch is submitted only while somebody attends it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')], true);
  const { redis, keys } = shardOf(ledger.store, ACCOUNT);
  // Somebody did, and has gone without a word.
  await redis.zadd(keys.attended('b'), Date.now() - 60_000, 'who-died');
  expect((await submitted(ledger, 'g1')).result).toEqual({ outcome: 'refused', reason: 'unattended' });
  expect((await ledger.generation('g1')).held).toBe('unattended');
});

test('what a callback has named a task of is not submitted, but held, until nothing more is to be asked about that task', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  await note(ledger.store, await ledger.generation('g1'), { offer: 'task-1', offerSeen: 'task-0' });
  expect((await submitted(ledger, 'g1')).result).toEqual({ outcome: 'refused', reason: 'offered' });
  expect((await ledger.generation('g1')).held).toBe('offered');
  expect(await heldOf(ledger.store, ACCOUNT)).toEqual(['g1']);
  await note(ledger.store, await ledger.generation('g1'), { offerSeen: 'task-1' });
  expect(await release(ledger.store, ledger.queues, ['g1'], ['unattended', 'origin', 'dropped'])).toBe(0);
  expect(await release(ledger.store, ledger.queues, ['g1'], ['offered'])).toBe(1);
  expect((await submitted(ledger, 'g1')).result).toMatchObject({ outcome: 'won' });
});

test('a batch is attended whatever the clock of who attends it says', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')], true);
  const now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now - 600_000);
  await attend(ledger.store, 'b', 'run').finally(() => clock.mockRestore());
  expect((await submitted(ledger, 'g1')).result).toMatchObject({ outcome: 'won' });
});

test('a repeated put-back is counted in the history, not appended', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  for (let round = 0; round < 3; round += 1) {
    const generation = await ledger.generation('g1');
    await transition(ledger.store, generation, { ...SUBMIT, by: `1.s${round}` });
    await transition(ledger.store, generation, { from: ['submitting'], to: 'queued', by: `1.q${round}`, note: 'slots full' });
  }
  expect((await ledger.generation('g1')).history.slice(1)).toMatchObject([{ state: 'queued', note: 'slots full', times: 3 }]);
});

test('counters follow every transition, and a batch is finished when nothing of it moves', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1'), newGeneration('g2')]);
  const { generation } = await submitted(ledger, 'g1');
  await transition(ledger.store, generation, { from: ['submitting'], to: 'failed', by: '1.a' });
  expect(await readBatch(ledger.store, 'b')).toMatchObject({ finishedAt: null, total: 2, counts: { queued: 1, failed: 1 } });
  await transition(ledger.store, await ledger.generation('g2'), { from: ['queued'], to: 'canceled', by: '1.p' });
  const finished = await readBatch(ledger.store, 'b');
  expect(finished).toMatchObject({ revision: 1, counts: { queued: 0, failed: 1, canceled: 1 } });
  expect(finished?.finishedAt).not.toBeNull();
  await transition(ledger.store, generation, { from: ['failed'], to: 'queued', by: '2.p' });
  expect((await readBatch(ledger.store, 'b'))?.finishedAt).toBeNull();
  expect(await countsOf(ledger.store, 'allegro')).toMatchObject({ queued: 1, submitting: 0, failed: 0, canceled: 1 });
});

test('a task that comes late is adopted while the generation waits for it, else kept beside it', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1'), newGeneration('g2')]);
  const { generation } = await submitted(ledger, 'g1');
  await transition(ledger.store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.j' });
  await transition(ledger.store, generation, { from: ['ambiguous'], to: 'unresolved', by: '1.j' });
  const late = { round: 1, task: { id: 't1' }, taskKey: 't1', by: '1.late', patch: {}, note: 'late', slotUntil: 0 };
  expect(await learn(ledger.store, generation, late)).toMatchObject({ outcome: 'adopted' });
  expect(await learn(ledger.store, generation, late)).toMatchObject({ outcome: 'known', state: 'rendering' });
  expect(await learn(ledger.store, generation, { ...late, task: { id: 't2' }, taskKey: 't2' })).toMatchObject({ outcome: 'stray' });
  await learn(ledger.store, generation, { ...late, task: { id: 't2' }, taskKey: 't2' });
  expect((await ledger.generation('g1')).strays).toEqual([{ round: 1, task: { id: 't2' }, taskKey: 't2' }]);

  expect(await slotsTaken(ledger.store, generation.account), 'the upstream counts both').toBe(2);
  await transition(ledger.store, generation, { from: ['rendering'], to: 'failed', by: '1.p' });
  const other = (await submitted(ledger, 'g2')).generation;
  expect(await transition(ledger.store, other, { from: ['submitting'], to: 'rendering', by: '1.a', taskKey: 't1' })).toEqual({ outcome: 'taken', owner: 'g1' });
});

test('from a paid state nothing leads back to a submit without the upstream having said that it bills nothing', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  await transition(ledger.store, generation, { from: ['submitting'], to: 'rendering', by: '1.a', taskKey: 't1' });
  await expect(transition(ledger.store, generation, { from: ['rendering'], to: 'queued', by: '1.a' })).rejects.toThrow('may have been paid');
  expect(await transition(ledger.store, generation, { from: ['rendering'], to: 'queued', by: '1.a', endedUnbilled: true })).toMatchObject({ outcome: 'won' });
  expect(await slotsTaken(ledger.store, generation.account)).toBe(0);
});

test('what a restored backup calls queued takes no slot when it comes into doubt, and makes no room beside those that have one', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const generation = await ledger.generation('g1');
  await transition(ledger.store, generation, { from: ['queued'], to: 'ambiguous', by: '1.r', afterRestore: true, slotUntil: Date.now() + 3_600_000 });
  expect(await slotsTaken(ledger.store, ACCOUNT)).toBe(0);
  expect(await ledger.redis.zcard(ledger.store.keys.slotsOf(ACCOUNT, 'allegro'))).toBe(0);
  expect(await accountState(ledger.store, ACCOUNT)).toMatchObject({ doubtful: 0 });
});

test('a doubt that has ended makes no room any more beside those that have a slot', async () => {
  const ledger = openTestLedger();
  await accept(ledger.store, 'b', [newGeneration('g1')]);
  const { generation } = await submitted(ledger, 'g1');
  const slotUntil = Date.now() + 3_600_000;
  await transition(ledger.store, generation, { from: ['submitting'], to: 'ambiguous', by: '1.j', slotUntil });
  expect(await ledger.redis.zscore(ledger.store.keys.slots(ACCOUNT), 'g1'), 'until when it has its slot').toBe(String(slotUntil));
  expect(await accountState(ledger.store, ACCOUNT)).toMatchObject({ doubtful: 1 });
  await transition(ledger.store, generation, { from: ['ambiguous'], to: 'rendering', by: '1.s' });
  expect(await accountState(ledger.store, ACCOUNT)).toMatchObject({ doubtful: 0 });
});
