/**
 * `dailies doctor --after-restore`: a backup of the ledger came back, and what it calls queued may have been submitted in the time that is
 * gone. Everything that could lead to a submit becomes `ambiguous`, so that look-ups decide: found → adopted, proved absent → queued again,
 * neither (and always where there is no look-up) → unresolved, a person. Then submits go on.
 *
 * It may be stopped anywhere and called again: what was marked stays marked, and submits stay shut until it has gone through.
 */
import { randomUUID } from 'node:crypto';
import { PROVIDERS } from '@dailies/providers';
import type { Ambiguity, Generation } from '../generation.ts';
import { timeOf } from '../ledger/clock.ts';
import { readGenerations } from '../ledger/read.ts';
import { comesBackWhole, heldShards, holdRestored, holdTogether, type LookedThrough, releaseRestored, signLook } from '../ledger/guard/rollback-hold.ts';
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { transition } from '../ledger/transition.ts';
import { handOver } from '../queues/hand-over.ts';
import type { Queues } from '../queues/queues.ts';
import type { State } from '../states.ts';
import { type LastSent, lastSentOf } from './last-sent.ts';

export interface AfterRestore {
  /** Epoch milliseconds of the newest step of a worker that the restored copy knows; 0: of none. */
  restoredAt: number;
  /** Were queued or being submitted; are ambiguous now. */
  inDoubt: number;
  /** Were already on their way upstream; are polled on, and not sent again by themselves. */
  onTheirWay: number;
}

const PAGE = 500;
/** Before that step: clocks of upstreams are not ours. */
const EARLIER_MS = 60_000;
const MAY_SUBMIT: readonly State[] = ['queued', 'submitting'];
const MARKED: readonly State[] = ['ambiguous', 'rendering', 'overdue', 'downloading'];
const NOTE = 'a backup was restored: it may have been submitted after it; it is looked up';

/**
 * On a Cluster only the shards that are held, where any is: one of its masters may be rolled back alone. Those of one server come back together:
 * all are settled before any is let go, so that none submits while another is still in doubt.
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

/** A fail-over right after the last look may have taken back what it had seen: then they are looked through again, and nothing was let go. */
async function letGo(store: Store, together: readonly Settling[], run: string): Promise<void> {
  while (!(await releaseRestored(store, together, run))) {
    for (const one of together) await lookThrough(one, run);
  }
}

interface Settling extends LookedThrough {
  queues: Queues;
  restoredAt: number;
  doubt: Ambiguity & { until: number };
  lastSent: ReadonlyMap<string, LastSent>;
  inDoubt: Set<string>;
  onTheirWay: Set<string>;
}

async function settleShard(shard: Store, queues: Queues, run: string): Promise<Settling> {
  const restoredAt = await holdRestored(shard);
  // The second that has begun belongs to it.
  const until = (Math.floor((await timeOf(shard)) / 1_000) + 1) * 1_000;
  const doubt = { sentAt: Math.max(0, (await goneSince(shard, restoredAt)) - EARLIER_MS), until, endSeen: false, why: NOTE };
  const settling: Settling = { shard, queues, restoredAt, doubt, lastSent: await lastSentOf(shard), sign: '', inDoubt: new Set(), onTheirWay: new Set() };
  await lookThrough(settling, run);
  return settling;
}

/**
 * When the time that is gone began: after the newest step of a worker that the copy knows or, where it knows of none, after the first acceptance. Not each
 * after its own: what is enqueued again between the restore and this has the id that it had, and may have been sent long before.
 */
async function goneSince({ redis, keys }: Store, restoredAt: number): Promise<number> {
  if (restoredAt > 0) return restoredAt;
  const [, first = '0'] = await redis.zrangebyscore(keys.all, '-inf', '+inf', 'WITHSCORES', 'LIMIT', 0, 1);
  return Number(first);
}

/** Until a look finds nothing more to settle. */
async function lookThrough(settling: Settling, run: string): Promise<void> {
  const { shard: store, queues, doubt, lastSent, inDoubt, onTheirWay } = settling;
  const { until } = doubt;
  await holdRestored(store);
  // Once more after the last change: a worker may have put something back meanwhile.
  for (let changed = -1; changed !== 0; ) {
    changed = 0;
    settling.sign = await signLook(store, run);
    const ids = await store.redis.zrange(store.keys.live, '0', '-1');
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = (await readGenerations(store, ids.slice(at, at + PAGE))).filter((one) => one !== null);
      // Workers settle meanwhile: what they proved absent is queued again, and nothing was sent since. A look that takes long must not doubt it for ever.
      const fresh = page.filter(({ createdAt, ambiguity, absentUntil }) => createdAt <= until && ambiguity?.until !== until && absentUntil !== until);
      const doubtful = await putInDoubt(store, fresh.filter(({ state }) => MAY_SUBMIT.includes(state)), doubt, lastSent);
      const isMarked = ({ state, restored, ambiguity }: Generation): boolean => (state === 'ambiguous' ? ambiguity?.until === until : restored === true);
      const marked = await mark(store, page.filter((one) => MARKED.includes(one.state) && !isMarked(one)), doubt);
      await handOver(store, queues, [...doubtful, ...marked]);
      for (const { id } of [...doubtful, ...marked.filter(({ state }) => state === 'ambiguous')]) inDoubt.add(id);
      for (const { id, state } of marked) if (state !== 'ambiguous') onTheirWay.add(id);
      changed += doubtful.length + marked.length;
    }
  }
}

/** Its transition answers who was faster: what changed meanwhile is seen in the next turn. */
async function putInDoubt(store: Store, generations: readonly Generation[], doubt: Ambiguity, lastSent: Settling['lastSent']): Promise<Generation[]> {
  const by = `restored-${randomUUID()}`;
  const done: Generation[] = [];
  for (const generation of generations) {
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
      slotUntil: Number(doubt.until) + PROVIDERS[generation.provider].pace.deadlineMs,
    });
    if (result.outcome === 'won' || result.outcome === 'mine') done.push({ ...generation, ...patch, state: 'ambiguous', seq: result.seq });
  }
  return done;
}

/** What it says itself of an earlier submit counts before what another one of its account tells. */
function asItMayHaveBeenSent(generation: Generation, doubt: Ambiguity, last: LastSent | undefined): Pick<Generation, 'ambiguity' | 'endpointPath'> {
  const endpointPath = generation.endpointPath ?? last?.endpointPath;
  const sentAs = generation.nonce === undefined ? last?.sentAs : undefined;
  return {
    ambiguity: { ...doubt, sentAt: earliest(generation, doubt), ...(sentAs === undefined ? {} : { sentAs }) },
    ...(endpointPath === undefined ? {} : { endpointPath }),
  };
}

/** Its job of before is void: a step that read it before the mark must not end it by what it knew then. */
async function mark(store: Store, generations: readonly Generation[], doubt: Ambiguity): Promise<Generation[]> {
  const done: Generation[] = [];
  for (const generation of generations) {
    const { id, state, seq } = generation;
    const ambiguity = state === 'ambiguous' ? JSON.stringify({ ...generation.ambiguity, ...doubt, sentAt: earliest(generation, doubt) }) : '';
    const renewed = Number(await runScript(store, MARK, [store.keys.generation(id)], [seq, state, ambiguity]));
    if (renewed > 0) done.push({ ...generation, seq: renewed });
  }
  return done;
}

/** When it may have been sent at the earliest: one that was in doubt before may be older than the time that is gone. */
function earliest({ ambiguity }: Generation, { sentAt }: Ambiguity): number {
  return Math.min(ambiguity?.sentAt ?? sentAt, sentAt);
}

const MARK = script(`
local seq, state = unpack(redis.call('HMGET', KEYS[1], 'seq', 'state'))
if seq ~= ARGV[1] or state ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'restored', '1')
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'ambiguity', ARGV[3]) end
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
`);
