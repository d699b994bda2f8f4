/**
 * The repair. A generation that is on its way by the ledger, and has no job of its current seq that will still run, gets one. A job in `completed` or
 * `failed` never runs again, so it does not count. A waiting submit that a crash has left at a wrong place is put at the place of its turn.
 * A repair that comes too late does no harm, since it compares and sets seq. It reads only what it needs, a page at a time, however many there are.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import type { ProviderName } from '@dailies/providers';
import { chunked } from '../chunked.ts';
import type { Generation } from '../generation.ts';
import { timeOf } from '../ledger/clock.ts';
import { fieldsOf } from '../ledger/fields-of.ts';
import { flag } from '../ledger/note.ts';
import { placesOf } from '../ledger/turns/places.ts';
import { readGenerations } from '../ledger/read.ts';
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { MAY_QUEUE_AGAIN, type State } from '../states.ts';
import { idsByShard } from '../shards/locate.ts';
import { jobKey } from './bullmq-storage.ts';
import { handOver, jobKind, putInPlace, queueFor } from './hand-over.ts';
import { jobId, submitPriority } from './names.ts';
import type { Queues } from './queues.ts';

const PAGE = 500;
/** Of `repairAll`, which runs beside polls: no more than a few milliseconds of the event loop at a time. */
const SMALL_PAGE = 100;
/** The rest after a page is as long as the page took, and no longer than this: what takes longer is a wait for Redis, in which polls go on. */
const LONGEST_REST_MS = 20;

/** Repairs these generations. Answers how many got a new job. Held ones get none until they are released. */
export async function repair(store: Store, queues: Queues, ids: readonly string[]): Promise<number> {
  if (store.shards.length === 1) return repairHere(store, queues, ids);
  return sumOver(store, ids, (shard, some) => repairHere(shard, queues.of(shard.number), some));
}

/**
 * Repairs everything alive that has not changed since this was called: a page at a time, whatever their number. After each page it rests: a poll is several
 * round trips, and each of them would wait behind a page.
 */
export async function repairAll(store: Store, queues: Queues, signal: AbortSignal): Promise<number> {
  const calledAt = await Promise.all(store.shards.map(timeOf));
  let repaired = 0;
  for (const [place, shard] of store.shards.entries()) {
    const before = calledAt[place] ?? 0;
    let cursor = '0';
    do {
      const startedAt = performance.now();
      const [next, found] = await shard.redis.zscan(shard.keys.live, cursor, 'COUNT', SMALL_PAGE);
      cursor = next;
      repaired += await repairHere(shard, queues.of(shard.number), found.filter((_, at) => at % 2 === 0 && Number(found[at + 1]) < before));
      await rest(Math.min(performance.now() - startedAt, LONGEST_REST_MS), undefined, { signal }).catch(() => undefined);
    } while (cursor !== '0' && !signal.aborted);
  }
  return repaired;
}

/** Lets each shard act on those of the ids that it has. Answers the sum. */
async function sumOver(store: Store, ids: readonly string[], act: (shard: Store, ids: readonly string[]) => Promise<number>): Promise<number> {
  const counts = await Promise.all([...(await idsByShard(store, ids))].map(([shard, some]) => act(shard, some)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function repairHere(store: Store, queues: Queues, ids: readonly string[]): Promise<number> {
  let repaired = 0;
  for (const some of chunked(ids, PAGE)) {
    const doubtful = await outOfPlace(store, await readSketches(store, some));
    if (doubtful.length === 0) continue;
    const read = await readGenerations(store, doubtful.map(({ id }) => id));
    const found = new Map(read.flatMap((one) => (one === null || one.held !== undefined ? [] : [[one.id, one] as const])));
    const those = (which: (one: OutOfPlace) => boolean): Generation[] => doubtful.filter(which).flatMap(({ id }) => found.get(id) ?? []);
    repaired += await giveJobs(store, queues, those(({ jobless }) => jobless));
    await putInPlace(store, queues, those(({ jobless }) => !jobless));
  }
  return repaired;
}

/** Ends the hold of these generations, where they are held, and hands them over. Those that are not queued now are not held if they are queued again. */
export async function release(store: Store, queues: Queues, ids: readonly string[], reasons: readonly string[]): Promise<number> {
  if (store.shards.length === 1) return releaseHere(store, queues, ids, reasons);
  return sumOver(store, ids, (shard, some) => releaseHere(shard, queues.of(shard.number), some, reasons));
}

async function releaseHere(store: Store, queues: Queues, ids: readonly string[], reasons: readonly string[]): Promise<number> {
  let released = 0;
  for (const some of chunked(ids, PAGE)) {
    const found = await existing(store, some);
    const marked = reasons.includes('dropped') ? found.filter((one) => one.dropped === true) : [];
    await Promise.all(marked.map(({ id }) => flag(store, id, MAY_QUEUE_AGAIN, { dropped: null })));
    // Read again: one that was queued again before its mark was taken away is held now.
    const now = marked.length === 0 ? found : await existing(store, some);
    released += await giveJobs(store, queues, now.filter(({ held }) => held !== undefined && reasons.includes(held)));
  }
  return released;
}

/** Whether the job that it has now was given by a repair: a worker may have had its former one, and have died with it a moment ago. */
export function hasRenewedJob({ seq, renewedBy }: Pick<Generation, 'seq' | 'renewedBy'>): boolean {
  return renewedBy?.startsWith(`${seq}.`) === true;
}

async function giveJobs(store: Store, queues: Queues, generations: readonly Generation[]): Promise<number> {
  const by = randomUUID();
  const answers = await Promise.all(
    generations.map(({ id, account, seq, state, held = '' }) =>
      runScript(store, RENEW, [store.keys.generation(id), store.keys.held(account)], [id, seq, state, `${seq + 1}.${by}`, held]),
    ),
  );
  const renewed = generations.map((one, at) => ({ ...one, seq: Number(answers[at]) })).filter(({ seq }) => seq > 0);
  await handOver(store, queues, renewed);
  return renewed.length;
}

async function existing(store: Store, ids: readonly string[]): Promise<Generation[]> {
  return (await readGenerations(store, ids)).filter((one) => one !== null);
}

/** As much of a generation as tells which job it must have. */
type Sketch = Pick<Generation, 'id' | 'state' | 'seq' | 'provider' | 'priority' | 'turn' | 'task' | 'taskEndedAt'>;

async function readSketches(store: Store, ids: readonly string[]): Promise<Sketch[]> {
  const fields = ['state', 'seq', 'provider', 'priority', 'turn', 'task', 'taskEndedAt', 'held'];
  const answers = await fieldsOf(store, ids.map(store.keys.generation), fields);
  return ids.flatMap((id, at) => {
    const [state, seq, provider, priority, turn, task, taskEndedAt, held] = answers[at] ?? [];
    if (state == null || held != null) return [];
    return [
      {
        id,
        state: state as State,
        seq: Number(seq),
        provider: provider as ProviderName,
        priority: Number(priority),
        turn: Number(turn),
        ...(task == null ? {} : { task: {} }),
        ...(taskEndedAt == null ? {} : { taskEndedAt: Number(taskEndedAt) }),
      },
    ];
  });
}

interface OutOfPlace {
  id: string;
  /** It has no job that will still run. Otherwise it has one, at a wrong place. */
  jobless: boolean;
}

async function outOfPlace(store: Store, sketches: readonly Sketch[]): Promise<OutOfPlace[]> {
  const candidates = sketches.flatMap((sketch) => {
    const kind = jobKind(sketch);
    return kind === null ? [] : [{ sketch, key: jobKey(store, queueFor(kind, sketch), jobId(sketch.id, sketch.seq)) }];
  });
  const answers = await fieldsOf(store, candidates.map(({ key }) => key), ['timestamp', 'finishedOn', 'priority']);
  const places = await placesOf(store, sketches.filter(({ state }) => state === 'queued').map((one) => one.provider));
  return candidates.flatMap(({ sketch }, at): OutOfPlace[] => {
    const [timestamp, finishedOn, priority] = answers[at] ?? [];
    if (timestamp == null || finishedOn != null) return [{ id: sketch.id, jobless: true }];
    if (sketch.state !== 'queued') return [];
    const place = places.get(sketch.provider)?.of(sketch) ?? sketch.turn;
    return submitPriority(sketch.priority, place) === Number(priority ?? 0) ? [] : [{ id: sketch.id, jobless: false }];
  });
}

const RENEW = script(`
local seq, state, by, held = unpack(redis.call('HMGET', KEYS[1], 'seq', 'state', 'renewedBy', 'held'))
if by == ARGV[4] then return seq end
-- A hold changes neither seq nor state.
if seq ~= ARGV[2] or state ~= ARGV[3] or (held or '') ~= ARGV[5] then return 0 end
redis.call('HDEL', KEYS[1], 'held')
redis.call('HSET', KEYS[1], 'renewedBy', ARGV[4])
redis.call('SREM', KEYS[2], ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
`);
