import { expect, test } from 'vitest';
import type { RedisConnection } from '../redis/connection.ts';
import { accept, ADMISSION, newGeneration, openTestLedger } from '../../../../test/support/ledger.ts';
import { olderCopy } from '../../../../test/support/older-copy.ts';
import { note } from '../ledger/note.ts';
import { guardState } from '../ledger/guard/rollback-hold.ts';
import { learn } from '../ledger/learn.ts';
import { openStore } from '../ledger/store.ts';
import { transition } from '../ledger/transition.ts';
import { pauses } from '../ledger/account/pauses.ts';
import { jobId } from '../queues/names.ts';
import { afterRestore } from './after-restore.ts';
import { cancelGeneration } from './cancel.ts';
import { retryGeneration } from './retry.ts';

/** The connection, on which something happens before the second look through what lives, or before the release after it: then nothing was left to settle. */
function aroundSecondLook(when: 'before' | 'after', redis: RedisConnection, happens: () => Promise<void>): RedisConnection {
  let looks = 0;
  let happened = false;
  const once = async (): Promise<void> => {
    if (happened) return;
    happened = true;
    await happens();
  };
  const seen = {
    async zrange(key: string, from: string, to: string): Promise<string[]> {
      if (when === 'before' && looks === 1) await once();
      looks += 1;
      return redis.zrange(key, from, to);
    },
    async evalsha(sha: string, keys: number, ...args: (string | number)[]): Promise<unknown> {
      // The release wakes all gates; scripts that read wake nobody.
      if (when === 'after' && looks === 2 && args.some((word) => String(word).endsWith(':wake'))) await once();
      return redis.evalsha(sha, keys, ...args);
    },
  };
  return new Proxy(redis, {
    get(target, name) {
      if (name === 'zrange' || name === 'evalsha') return seen[name];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

test('a fail-over that takes back what was settled lets nothing go until it is settled again', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, null, [newGeneration('g1'), newGeneration('g2')]);
  const replica = await olderCopy(ledger);
  const store = openStore(aroundSecondLook('after', ledger.redis, replica.comesBack), ledger.tag);
  expect(await afterRestore({ store, queues: ledger.queues })).toMatchObject({ inDoubt: 2, onTheirWay: 0 });
  for (const id of ['g1', 'g2']) expect(await ledger.generation(id)).toMatchObject({ state: 'ambiguous' });
  // Within the same second, what is in doubt is marked already, and is in doubt still.
  expect(await afterRestore(ledger)).toMatchObject({ inDoubt: 2, onTheirWay: 0 });
  for (const id of ['g1', 'g2']) expect(await ledger.generation(id)).toMatchObject({ state: 'ambiguous', restored: true });
  expect(await pauses(ledger.store)).toEqual([]);
  expect(await guardState(ledger.store)).toMatchObject({ restoredAt: null });
});

test('what a worker proves absent while it still looks is not doubted again', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, null, [newGeneration('g1'), newGeneration('g2')]);
  const store = openStore(
    aroundSecondLook('before', ledger.redis, async () => {
      const g1 = await ledger.generation('g1');
      await transition(ledger.store, g1, { from: ['ambiguous'], to: 'queued', by: '1.worker', patch: { absentUntil: g1.ambiguity?.until, ambiguity: null } });
    }),
    ledger.tag,
  );
  expect(await afterRestore({ store, queues: ledger.queues })).toMatchObject({ inDoubt: 2 });
  expect(await ledger.generation('g1')).toMatchObject({ state: 'queued' });
  expect(await ledger.generation('g2')).toMatchObject({ state: 'ambiguous' });
});

test('what is enqueued while it looks was not there in the time that is gone, and is no doubt', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, null, [newGeneration('g1'), newGeneration('g2')]);
  await ledger.redis.hset(ledger.store.keys.generation('g2'), 'createdAt', Date.now() + 60_000);
  expect(await afterRestore(ledger)).toMatchObject({ inDoubt: 1 });
  expect(await ledger.generation('g2')).toMatchObject({ state: 'queued' });
});

test('where nothing was ever begun, what is in doubt is sought from the first acceptance on, and not since 1970', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, null, [newGeneration('g1')]);
  expect(await afterRestore(ledger)).toMatchObject({ restoredAt: 0, inDoubt: 1 });
  const { ambiguity, createdAt } = await ledger.generation('g1');
  expect(ambiguity?.sentAt).toBe(createdAt - 60_000);
});

test('what is enqueued again after the restore is sought in all the time that is gone: it may have been sent in it under the same id', async () => {
  const ledger = openTestLedger(undefined, 1);
  const newest = 1_750_000_000_000;
  await ledger.redis.xadd(ledger.store.keys.events, `${newest}-0`, 'id', 'g0', 'to', 'succeeded');
  await accept(ledger.store, null, [newGeneration('g1')]);
  expect(await afterRestore(ledger)).toMatchObject({ restoredAt: newest, inDoubt: 1 });
  expect((await ledger.generation('g1')).ambiguity).toMatchObject({ sentAt: newest - 60_000 });
});

test('what people cancel and retry between the restore and this does not shorten the time that is gone', async () => {
  const ledger = openTestLedger(undefined, 1);
  const newest = 1_750_000_000_000;
  await ledger.redis.xadd(ledger.store.keys.events, `${newest}-0`, 'id', 'g0', 'to', 'rendering');
  await accept(ledger.store, null, [newGeneration('g1'), newGeneration('g2'), newGeneration('g3')]);
  for (const id of ['g2', 'g3']) expect(await cancelGeneration(ledger, id)).toMatchObject({ outcome: 'canceled' });
  expect(await retryGeneration(ledger, 'g3', { mayPay: true, byId: true })).toMatchObject({ done: true });
  expect(await afterRestore(ledger)).toMatchObject({ restoredAt: newest, inDoubt: 2 });
  for (const id of ['g1', 'g3']) expect((await ledger.generation(id)).ambiguity).toMatchObject({ sentAt: newest - 60_000 });
});

test('what a worker did after a person is known to the copy', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, null, [newGeneration('g1'), newGeneration('g2'), newGeneration('g3')]);
  await cancelGeneration(ledger, 'g1');
  const worked = await transition(ledger.store, await ledger.generation('g2'), { from: ['queued'], to: 'failed', by: '1.worker' });
  await cancelGeneration(ledger, 'g3');
  const { restoredAt } = await afterRestore(ledger);
  expect(worked).toMatchObject({ outcome: 'won', event: expect.stringMatching(`^${restoredAt}-`) as string });
});

test('what was in doubt, or was being submitted, before the lost time is sought from its own submit on', async () => {
  const ledger = openTestLedger(undefined, 1);
  await accept(ledger.store, null, [newGeneration('g1'), newGeneration('silent')]);
  for (const id of ['silent', 'g1']) {
    const patch = { sendBy: 1_750_000_000_000 };
    await transition(ledger.store, await ledger.generation(id), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION, patch });
  }
  const patch = { ambiguity: { sentAt: 1_750_000_000_000, endSeen: true, why: 'reset' } };
  await transition(ledger.store, await ledger.generation('g1'), { from: ['submitting'], to: 'ambiguous', by: '1.a', patch });
  expect(await afterRestore(ledger)).toMatchObject({ inDoubt: 2 });
  expect((await ledger.generation('g1')).ambiguity).toMatchObject({ sentAt: 1_750_000_000_000, until: expect.any(Number) as number, endSeen: false });
  expect((await ledger.generation('silent')).ambiguity).toMatchObject({ sentAt: 1_750_000_000_000 - 60_000, until: expect.any(Number) as number });
});

test('also what an earlier restore has marked, and a canceled task that goes on, have a new seq and a job for it', async () => {
  const ledger = openTestLedger(undefined, 1);
  const { store } = ledger;
  await accept(store, null, [newGeneration('g1'), newGeneration('g2'), newGeneration('g3')]);
  for (const id of ['g1', 'g2', 'g3']) {
    const late = { round: 1, task: { id }, taskKey: id, by: '1.late', patch: {}, note: 'late', slotUntil: Date.now() + 60_000 };
    expect(await learn(store, await ledger.generation(id), late)).toMatchObject({ outcome: 'adopted' });
  }
  await transition(store, await ledger.generation('g2'), { from: ['rendering'], to: 'canceled', by: '1.p', keepsTask: true });
  await transition(store, await ledger.generation('g3'), { from: ['rendering'], to: 'overdue', by: '1.p' });
  await afterRestore(ledger);
  const before = await Promise.all(['g1', 'g2', 'g3'].map(ledger.generation));
  expect(before).toMatchObject([{ state: 'rendering', restored: true }, { state: 'canceled' }, { state: 'overdue', restored: true }]);
  // A person may send it again.
  await accept(store, null, [newGeneration('ended')]);
  await transition(store, await ledger.generation('ended'), { from: ['queued'], to: 'canceled', by: '1.p' });
  const ended = await ledger.generation('ended');
  await afterRestore(ledger);
  expect((await ledger.generation('ended')).seq, 'of what has ended').toBeGreaterThan(ended.seq);
  for (const { id, seq } of before) {
    const after = await ledger.generation(id);
    expect(after.seq).toBeGreaterThan(seq);
    expect(await ledger.queues.get('allegro-poll').getJob(jobId(id, after.seq))).toMatchObject({ data: { id, seq: after.seq } });
  }
});

test('a look that had begun before the mark ends nothing, and there is a job for what is marked', async () => {
  const ledger = openTestLedger(undefined, 1);
  const { store } = ledger;
  await accept(store, null, [newGeneration('g1')]);
  await transition(store, await ledger.generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission: ADMISSION });
  await transition(store, await ledger.generation('g1'), { from: ['submitting'], to: 'rendering', by: '1.a', taskKey: 't1', patch: { task: { id: 't1' }, taskKey: 't1' } });
  const before = await ledger.generation('g1');
  expect(await afterRestore(ledger)).toMatchObject({ inDoubt: 0, onTheirWay: 1 });
  expect(await transition(store, before, { from: ['rendering'], to: 'failed', by: '1.look', seq: before.seq })).toMatchObject({ outcome: 'lost' });
  const marked = await ledger.generation('g1');
  expect(marked).toMatchObject({ state: 'rendering', restored: true });
  expect(marked.seq).toBeGreaterThan(before.seq);
  expect(await ledger.queues.get('allegro-poll').getJob(jobId('g1', marked.seq))).toMatchObject({ data: { id: 'g1', seq: marked.seq } });
});

test('what has an earlier submit on record is also taken to have been sent since as its account was last submitted to', async () => {
  const ledger = openTestLedger(undefined, 1);
  const { store, generation } = ledger;
  const ids = ['g1', 'g2'];
  await accept(store, null, ids.map((id) => newGeneration(id)));
  for (const [at, id] of ids.entries()) {
    await note(store, await generation(id), { clientId: `${id}.1`, nonce: `of ${id}`, sendBy: at + 1, endpointPath: `path-${id}` });
  }
  await afterRestore(ledger);
  const ambiguity = { sentAs: { clientId: 'g2.1', nonce: 'of g2', endpointPath: 'path-g2' } };
  expect(await generation('g1')).toMatchObject({ endpointPath: 'path-g1', nonce: 'of g1', ambiguity });
});
