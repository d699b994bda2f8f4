import { expect, test } from 'vitest';
import { ACCOUNT, accept, newGeneration, openTestLedger } from '../../../../../test/support/ledger.ts';
import { shardAt, shardOf } from '../../shards/routing.ts';
import { pauses } from '../account/pauses.ts';
import { giveBack, reserve } from '../account/reservation.ts';
import { openGuard } from './rollback-guard.ts';
import { guardState, heldShards, holdRestored, holdTogether, releaseRestored } from './rollback-hold.ts';
import type { Store } from '../store.ts';
import { transition } from '../transition.ts';

const LIMITS = { account: 5, provider: 5 };

async function isHeld(store: Store): Promise<boolean> {
  const answer = await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'token' });
  if (answer.go) await giveBack(store, { provider: 'allegro', account: ACCOUNT, token: 'token' });
  return !answer.go;
}

/** A ledger with something queued, and some events. */
async function openLedger() {
  const ledger = openTestLedger();
  // The guard is one shard's.
  const store = shardOf(ledger.store, ACCOUNT);
  await accept(store.whole, null, [newGeneration('g1')]);
  const event = async (id = '*') => (await ledger.redis.xadd(store.keys.events, id, 'id', 'x')) ?? '';
  const watched = async (mark: string): Promise<Store> => {
    const guard = await openGuard(store, mark);
    const seen: Store[] = [];
    seen.push({ ...store, shards: seen, mark: () => guard.mark() });
    return shardAt({ ...store, shards: seen }, 0);
  };
  return { ...ledger, store, event, watched };
}

test('a mark that the ledger has in its past lets submits through, and moves up with it', async () => {
  const { store, event, watched } = await openLedger();
  await event();
  const guard = await openGuard(store, '');
  const before = guard.mark();
  const newest = await event();
  await guard.advance();
  expect(guard.mark().endsWith(` ${newest}`)).toBe(true);
  expect(await isHeld(await watched(before))).toBe(false);
  expect(await isHeld(await watched(guard.mark()))).toBe(false);
  expect(await isHeld(await watched(guard.mark().replace(' 0 ', ' 1 '))), 'a copy of before it was settled, though it has that event').toBe(true);
});

test('a mark newer than everything in the ledger holds every submit, until it is settled', async () => {
  const { store, event, watched } = await openLedger();
  const last = await event();
  const { ledger } = await guardState({ ...store, ...(await watched('')) });
  const mark = `${ledger} 0 ${Number(last.split('-')[0]) + 60_000}-0`;
  expect(await isHeld(await watched(mark))).toBe(true);
  const reason = expect.stringContaining('dailies doctor --after-restore') as string;
  expect(await pauses(store)).toMatchObject([{ scope: 'ledger', kind: 'rolled-back', polls: false, reason }]);
  // Also for a worker that has seen nothing of it.
  expect(await isHeld(await watched(''))).toBe(true);
  expect((await guardState(store)).restoredAt).toBe(Number(last.split('-')[0]));
  await releaseRestored(store, [{ shard: store, sign: '' }], '');
  expect(await isHeld(await watched(mark))).toBe(false);
});

test('a place that was given before the ledger came back older makes no submit', async () => {
  const { store, event, watched, generation } = await openLedger();
  const last = await event();
  const { ledger } = await guardState({ ...store, ...(await watched('')) });
  expect(await reserve(store, { provider: 'allegro', account: ACCOUNT, limits: LIMITS, token: 'before' })).toMatchObject({ go: true });
  const rolledBack = await watched(`${ledger} 0 ${Number(last.split('-')[0]) + 60_000}-0`);
  const admission = { reservation: 'before', limit: 5, limitOfProvider: 5, judgeAfterMs: 1_000 };
  expect(await transition(rolledBack, await generation('g1'), { from: ['queued'], to: 'submitting', by: '1.a', admission })).toEqual({ outcome: 'refused', reason: 'paused' });
});

test('newer events that others have written meanwhile do not hide that the one that was seen is gone', async () => {
  const { redis, store, event, watched } = await openLedger();
  await event('1000-7');
  const lost = await event('2000-0');
  const guard = await openGuard(store, '');
  expect(guard.mark().endsWith(lost)).toBe(true);
  await redis.xdel(store.keys.events, lost);
  await event('3000-0');
  await guard.advance();
  expect(guard.mark().endsWith(lost)).toBe(true);
  expect(await isHeld(await watched(guard.mark()))).toBe(true);
});

test('a mark older than what the stream keeps says nothing against the ledger', async () => {
  const { redis, store, event, watched } = await openLedger();
  await event('1000-0');
  const guard = await openGuard(store, '');
  await event('2000-0');
  await redis.xtrim(store.keys.events, 'MINID', '2000-0');
  expect(await isHeld(await watched(guard.mark()))).toBe(false);
});

test('what people did in a copy, and made it forget, does not hide that what was seen is gone', async () => {
  const { redis, store, event, watched, generation } = await openLedger();
  await event('1000-0');
  const { ledger } = await guardState({ ...store, ...(await watched('')) });
  const canceled = await transition(store, await generation('g1'), { from: ['queued'], to: 'canceled', by: '1.person-x' });
  // As after ten thousand of them.
  if (canceled.outcome === 'won') await redis.xtrim(store.keys.events, 'MINID', canceled.event);
  expect(await isHeld(await watched(`${ledger} 0 1000-1`))).toBe(true);
  expect((await guardState(store)).restoredAt).toBe(1000);
});

test('what people did since a worker has last seen anything, however much, is no sign of an older copy', async () => {
  const { redis, store, event, watched, generation } = await openLedger();
  await event('1000-0');
  const guard = await openGuard(store, '');
  const change = async (from: 'queued' | 'canceled', to: 'queued' | 'canceled') => {
    const result = await transition(store, await generation('g1'), { from: [from], to, by: `1.person-${to}` });
    return result.outcome === 'won' ? result.event : '';
  };
  await change('queued', 'canceled');
  await guard.advance();
  // As after ten thousand of them.
  await redis.xtrim(store.keys.events, 'MINID', await change('canceled', 'queued'));
  expect(await isHeld(await watched(guard.mark()))).toBe(false);
  await guard.advance();
  expect((await guardState(store)).restoredAt).toBeNull();
});

test('the mark of another ledger holds nothing and is told, but a ledger without identity where one is remembered is an old copy', async () => {
  const { redis, store, event, watched } = await openLedger();
  await event();
  const guard = await openGuard(store, '');
  expect(guard).toMatchObject({ followsAnother: false });
  expect(await openGuard(store, guard.mark())).toMatchObject({ followsAnother: false });
  expect(await openGuard(store, 'some-other-ledger 0 5-0')).toMatchObject({ followsAnother: true });
  expect(await isHeld(await watched('some-other-ledger 0 99999999999999-0'))).toBe(false);
  const another = { ...(await watched('')), mark: () => 'some-other-ledger 0 99999999999999-0' };
  expect(await isHeld(another), 'nor where this one came in its place while a worker ran').toBe(false);
  await redis.del(store.keys.guard);
  expect(await isHeld(await watched('some-ledger 0 5-0'))).toBe(true);
});

test('a new ledger, in which something was enqueued before a worker came, is no older copy of another', async () => {
  const { watched } = await openLedger();
  expect(await isHeld(await watched('some-ledger 0 5-0'))).toBe(false);
});

test('a mark never moves back, and not on by what too few replicas have', async () => {
  const { store, event } = await openLedger();
  await event();
  const guard = await openGuard(store, '');
  const before = guard.mark();
  guard.saw('1-0');
  expect(guard.mark()).toBe(before);
  const advancing = guard.advance();
  guard.saw('99999999999999-0');
  await advancing;
  expect(guard.mark(), 'nor by a look that an intent has overtaken').toMatch(/ 99999999999999-0$/);
  // More than any Redis of the tests has.
  const careful = await openGuard(store, before, 9);
  await event();
  await careful.advance();
  expect(careful.mark()).toBe(before);
});

test('holding twice keeps the first time, and a hold has no end but its own', async () => {
  const { store, event } = await openLedger();
  await event('1000-0');
  expect(await holdRestored(store)).toBe(1000);
  await event('2000-0');
  expect(await holdRestored(store)).toBe(1000);
  expect(await isHeld(store)).toBe(true);
});

test('one shard of a server that is found rolled back holds all of them, and they are let go at once', async () => {
  const { store, redis } = openTestLedger(undefined, 4);
  const [first, second, third] = store.shards;
  if (first === undefined || second === undefined || third === undefined) throw new Error('four were asked for');
  await redis.xadd(second.keys.events, '1000-0', 'id', 'x');
  await redis.xadd(third.keys.events, '2000-0', 'id', 'x');
  await holdTogether(store);
  expect(await heldShards(store)).toEqual([]);

  await holdRestored(second);
  await holdTogether(third);
  expect(await heldShards(store)).toHaveLength(4);
  // As old as the newest thing that any of them knows; what is held already keeps its own time.
  expect(await Promise.all(store.shards.map(async (shard) => (await guardState(shard)).restoredAt))).toEqual([2000, 1000, 2000, 2000]);
  await releaseRestored(store, store.shards.map((shard) => ({ shard, sign: '' })), '');
  await holdTogether(store);
  expect(await heldShards(store)).toEqual([]);
});
