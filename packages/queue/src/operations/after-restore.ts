/**
 * `dailies doctor --after-restore`: a backup of the ledger was restored, and what it calls queued may have been submitted in the time that is lost.
 * Everything that could lead to a submit becomes `ambiguous`, so that look-ups decide: found → adopted; proved absent → queued again; neither (and always
 * where there is no look-up) → unresolved, for a person. Then submits go on.
 *
 * It may be stopped anywhere and called again: what it has marked stays marked, and nothing is submitted until it has come to its end.
 */
import { randomUUID } from 'node:crypto';
import { PROVIDERS } from '@dailies/providers';
import { chunked } from '../chunked.ts';
import type { Ambiguity, Generation } from '../generation.ts';
import { timeOf } from '../ledger/clock.ts';
import { readGenerations } from '../ledger/read.ts';
import { comesBackWhole, heldShards, holdRestored, holdTogether, type LookedThrough, releaseRestored, signLook } from '../ledger/guard/rollback-hold.ts';
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { hasMoved, transition } from '../ledger/transition.ts';
import { handOver } from '../queues/hand-over.ts';
import type { Queues } from '../queues/queues.ts';
import type { State } from '../states.ts';
import { lastSentOf, type SentAs } from './last-sent.ts';
import { raiseSeqs } from './raise-seqs.ts';

export interface AfterRestore {
  /** Epoch milliseconds of the newest step of a worker that the restored copy knows; 0: it knows of none. */
  restoredAt: number;
  /** How many were queued or being submitted, and are ambiguous now; also those that an earlier run has made so. */
  inDoubt: number;
  /** How many had a task already: they are polled on, and not submitted again without a person's word. */
  onTheirWay: number;
}

const PAGE = 500;
/** How long before the newest known step the lost time is taken to begin: the clock of an upstream may differ from ours. */
const EARLIER_MS = 60_000;
const MAY_SUBMIT: readonly State[] = ['queued', 'submitting'];
const MARKED: readonly State[] = ['ambiguous', 'rendering', 'overdue', 'downloading'];
const NOTE = 'a backup was restored: it may have been submitted after it; it is looked up';

/**
 * Settles all shards; on a Cluster only those that are held, if any is, since one of its masters may be rolled back alone. The shards of one server were
 * rolled back together: all of them are settled before any is released, so that none submits while another is still in doubt.
 */
export async function afterRestore({ store, queues }: { store: Store; queues: Queues }): Promise<AfterRestore> {
  const isWhole = comesBackWhole(store);
  const run = randomUUID();
  await holdTogether(store, true);
  const held = isWhole ? [] : await heldShards(store);
  const settled: Settling[] = [];
  for (const shard of held.length === 0 ? store.shards : held) settled.push(await settleShard(shard, queues.of(shard.number), run));
  for (const together of isWhole ? [settled] : settled.map((one) => [one])) await letGo(store, together, run);
  return {
    restoredAt: Math.max(...settled.map(({ restoredAt }) => restoredAt)),
    inDoubt: settled.reduce((sum, { inDoubt }) => sum + inDoubt.size, 0),
    onTheirWay: settled.reduce((sum, { onTheirWay }) => sum + onTheirWay.size, 0),
  };
}

/** Releases the holds of settled shards. If a fail-over right after the last look has taken back what it saw, nothing is released, and it looks again. */
async function letGo(store: Store, together: readonly Settling[], run: string): Promise<void> {
  while (!(await releaseRestored(store, together, run))) {
    for (const one of together) await lookThrough(one, run);
  }
}

interface Settling extends LookedThrough {
  queues: Queues;
  restoredAt: number;
  doubt: Ambiguity & { until: number };
  lastSent: ReadonlyMap<string, SentAs>;
  inDoubt: Set<string>;
  onTheirWay: Set<string>;
}

async function settleShard(shard: Store, queues: Queues, run: string): Promise<Settling> {
  const restoredAt = await holdRestored(shard);
  // Rounded up: what was sent in the second that has begun is in doubt as well.
  const until = (Math.floor((await timeOf(shard)) / 1_000) + 1) * 1_000;
  const doubt = { sentAt: Math.max(0, (await goneSince(shard, restoredAt)) - EARLIER_MS), until, endSeen: false, why: NOTE };
  const settling: Settling = { shard, queues, restoredAt, doubt, lastSent: await lastSentOf(shard), sign: '', inDoubt: new Set(), onTheirWay: new Set() };
  await lookThrough(settling, run);
  return settling;
}

/**
 * When the lost time began: after the newest step of a worker that the copy knows or, if it knows of none, after the first generation was accepted. Not, for
 * each generation, after its own acceptance: one that was enqueued again after the restore has the same id as before, and may have been sent long ago.
 */
async function goneSince({ redis, keys }: Store, restoredAt: number): Promise<number> {
  if (restoredAt > 0) return restoredAt;
  const [, first = '0'] = await redis.zrangebyscore(keys.all, '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 1);
  return Number(first);
}

/** Looks through what is alive again and again, until a look finds nothing more to settle. */
async function lookThrough(settling: Settling, run: string): Promise<void> {
  const { shard: store, queues, doubt, lastSent, inDoubt, onTheirWay } = settling;
  const { until } = doubt;
  await holdRestored(store);
  await raiseSeqs(store, until / 1_000);
  // One look more after the last change: a worker may have put something back into the queue meanwhile.
  for (let isFirst = true, changed = -1; changed !== 0; isFirst = false) {
    changed = 0;
    settling.sign = await signLook(store, run);
    const ids = await store.redis.zrange(store.keys.live, '0', '-1');
    for (const some of chunked(ids, PAGE)) {
      const page = (await readGenerations(store, some)).filter((one) => one !== null);
      // Workers settle doubts meanwhile. What they have proved absent is queued again, and was not sent since: it must not be put in doubt over and over.
      const fresh = page.filter(({ createdAt, ambiguity, absentUntil }) => createdAt <= until && ambiguity?.until !== until && absentUntil !== until);
      const doubtful = await putInDoubt(store, fresh.filter(({ state }) => MAY_SUBMIT.includes(state)), doubt, lastSent);
      const isMarked = ({ state, restored, ambiguity }: Generation): boolean => (state === 'ambiguous' ? ambiguity?.until === until : restored === true);
      const toMark = page.filter(({ state }) => MARKED.includes(state));
      const marked = await mark(store, toMark.filter((one) => !isMarked(one)), doubt);
      // What a run before this one has marked is told of as well: the same answer, however soon this run comes after it.
      const before = isFirst ? toMark.filter(isMarked) : [];
      const moved = new Set([...doubtful, ...marked].map(({ id }) => id));
      // What else is alive has no job any more, since its seq was raised.
      const others = isFirst ? page.filter(({ id, held }) => held === undefined && !moved.has(id)) : [];
      await handOver(store, queues, [...doubtful, ...marked, ...others]);
      for (const { id } of doubtful) inDoubt.add(id);
      for (const { id, state } of [...marked, ...before]) (state === 'ambiguous' ? inDoubt : onTheirWay).add(id);
      changed += doubtful.length + marked.length;
    }
  }
}

/** Makes them ambiguous. One that has changed meanwhile is lost to its transition, and the next look sees it as it is then. */
async function putInDoubt(store: Store, generations: readonly Generation[], doubt: Settling['doubt'], lastSent: Settling['lastSent']): Promise<Generation[]> {
  const by = `restored-${randomUUID()}`;
  // All at once: each write waits for the disk, and whole pages wait for it together.
  const done = await Promise.all(generations.map(async (generation) => {
    const { state, round, seq, attempts } = generation;
    const patch = {
      clientId: `${generation.id}.${round}`,
      ...asItMayHaveBeenSent(generation, doubt, lastSent.get(generation.account)),
      attempts: attempts + 1,
      restored: true,
    };
    const result = await transition(store, generation, {
      from: [state],
      to: 'ambiguous',
      by: `${round}.${by}`,
      seq,
      patch,
      note: NOTE,
      afterRestore: true,
      slotUntil: doubt.until + PROVIDERS[generation.provider].pace.deadlineMs,
    });
    return hasMoved(result) ? [{ ...generation, ...patch, state: 'ambiguous' as const, seq: result.seq }] : [];
  }));
  return done.flat();
}

/**
 * How it may have been sent: as its own record tells of an earlier submit, or as the last known submit of its account was. What was put back with one key,
 * or under one path, may have been sent since with another.
 */
function asItMayHaveBeenSent(generation: Generation, doubt: Ambiguity, last: SentAs | undefined): Pick<Generation, 'ambiguity' | 'endpointPath'> {
  const endpointPath = generation.endpointPath ?? last?.endpointPath;
  return {
    ambiguity: {
      ...doubt,
      sentAt: earliest(generation, doubt),
      ...(last === undefined ? {} : { sentAs: last }),
    },
    ...(endpointPath === undefined ? {} : { endpointPath }),
  };
}

/** Marks them as restored, under a new seq. Their former jobs are void by that: a step that had read one before the mark must not end it by what it knew. */
async function mark(store: Store, generations: readonly Generation[], doubt: Ambiguity): Promise<Generation[]> {
  const done = await Promise.all(generations.map(async (generation) => {
    const { id, state, seq } = generation;
    const ambiguity = state === 'ambiguous' ? JSON.stringify({ ...generation.ambiguity, ...doubt, sentAt: earliest(generation, doubt) }) : '';
    const renewed = Number(await runScript(store, MARK, [store.keys.generation(id)], [seq, state, ambiguity]));
    return renewed > 0 ? [{ ...generation, seq: renewed }] : [];
  }));
  return done.flat();
}

/**
 * When it may have been sent at the earliest. One that was in doubt already, or was being submitted, may have been sent before the lost time: its worker
 * may have fallen silent long before the backup was made.
 */
function earliest({ state, sendBy, ambiguity }: Generation, { sentAt }: Ambiguity): number {
  const intentAt = state === 'submitting' && sendBy !== undefined ? sendBy - EARLIER_MS : sentAt;
  return Math.min(ambiguity?.sentAt ?? intentAt, sentAt);
}

const MARK = script(`
local seq, state = unpack(redis.call('HMGET', KEYS[1], 'seq', 'state'))
if seq ~= ARGV[1] or state ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'restored', '1')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'ambiguity', ARGV[3]) end
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
`);
