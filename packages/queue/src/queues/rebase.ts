/**
 * The rebase: what happens when a queue never drains. BullMQ's priorities have an end and turns grow for ever. So when V of a class has come far, all jobs
 * that wait in the class are moved to the front of the range: the lowest first, in bounded chunks, each by one script.
 *
 * During that, and after a crash during that, every job has a well defined place: the places of turns up to the mark are reckoned from the next base,
 * those of higher turns from the old one, and the former stand before the latter. The order is never disturbed. It changes no generation, only jobs.
 */
import type { ProviderName } from '@dailies/providers';
import { CLASSES } from '../ledger/turns/places.ts';
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';
import { jobKey, partKey, PER_PRIORITY } from './bullmq-storage.ts';
import { generationOf, PER_CLASS, submitQueue } from './names.ts';
import type { Queues } from './queues.ts';
import { repair } from './repair.ts';

export interface RebaseBounds {
  /** The place of V at which it begins. */
  at: number;
  /** The place of V afterwards. The places before it are for submits that are put back. */
  room: number;
  /** Jobs that one script moves. */
  chunk: number;
  /** Chunks that one call moves; the next call goes on. */
  most: number;
}

const BOUNDS: RebaseBounds = { at: 100_000, room: 10_000, chunk: 500, most: 200 };
const DELAYED_AT_ONCE = 1_000;

/** Answers how many jobs were moved. */
export async function rebase(store: Store, queues: Queues, provider: ProviderName, bounds: RebaseBounds = BOUNDS): Promise<number> {
  let moved = 0;
  for (const shard of store.shards) moved += await rebaseHere(shard, queues.of(shard.number), provider, bounds);
  return moved;
}

async function rebaseHere(store: Store, queues: Queues, provider: ProviderName, bounds: RebaseBounds): Promise<number> {
  let moved = 0;
  for (const name of CLASSES) {
    const begun = await runScript(store, BEGIN, [store.keys.turns(provider), setOf(store, provider)], [name, bounds.at, bounds.room]);
    if (begun === 0) continue;
    for (let turn = 0; turn < bounds.most; turn += 1) {
      const step = await moveChunk(store, provider, name, bounds.chunk);
      moved += step.moved;
      if (!step.done) continue;
      await forgetLanes(store, provider);
      await lookAfterDelayed(store, queues, provider);
      break;
    }
  }
  return moved;
}

async function moveChunk(store: Store, provider: ProviderName, name: number, chunk: number): Promise<{ moved: number; done: boolean }> {
  const set = setOf(store, provider);
  const [next, mark, base] = await rebaseOf(store, provider, name);
  if (next === undefined || mark === undefined) return { moved: 0, done: true };
  const from = (name * PER_CLASS + mark - base + 1) * PER_PRIORITY;
  const jobs = await store.redis.zrangebyscore(set, from, `(${(name + 1) * PER_CLASS * PER_PRIORITY}`, 'LIMIT', 0, chunk);
  const keys = jobs.map((job) => jobKey(store, submitQueue(provider), job));
  const [moved, done] = (await runScript(store, MOVE, [store.keys.turns(provider), set, ...keys], [name, chunk, ...jobs])) as [number, number];
  return { moved, done: done === 1 };
}

type Rebase = [next: number | undefined, mark: number | undefined, base: number];

async function rebaseOf({ redis, keys }: Store, provider: ProviderName, name: number): Promise<Rebase> {
  const [rebase, base] = await redis.hmget(keys.turns(provider), `rebase:${name}`, `base:${name}`);
  const [next, mark] = rebase == null ? [] : rebase.split('|').map(Number);
  return [next, mark, Number(base ?? 0)];
}

/** Deletes lanes that end before V: their next turn is V, with the lane or without. */
async function forgetLanes(store: Store, provider: ProviderName): Promise<void> {
  let cursor = '0';
  do {
    cursor = String(await runScript(store, FORGET, [store.keys.lanes(provider), store.keys.turns(provider)], [cursor]));
  } while (cursor !== '0');
}

/** Delayed submits are not in the set that was moved, and still have their old place: they are few, and put in place one by one. */
async function lookAfterDelayed(store: Store, queues: Queues, provider: ProviderName): Promise<void> {
  const jobs = await store.redis.zrange(partKey(store, submitQueue(provider), 'delayed'), '0', String(DELAYED_AT_ONCE - 1));
  await repair(store, queues, jobs.map(generationOf));
}

function setOf(store: Store, provider: ProviderName): string {
  return partKey(store, submitQueue(provider), 'prioritized');
}

/** Begins a rebase, if V has come far enough, or finds one begun: then 1. `rebase:<class>` is `<next base>|<mark>`: up to the mark the next base counts. */
const BEGIN = script(`
local class, at, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local v, base, rebase = unpack(redis.call('HMGET', KEYS[1], class, 'base:' .. class, 'rebase:' .. class))
if rebase then return 1 end
v, base = tonumber(v or '0'), tonumber(base or '0')
if v - base < at then return 0 end
local shift, low = v - base - room, class * ${PER_CLASS}
local next_class = string.format('%.0f', (low + ${PER_CLASS}) * ${PER_PRIORITY})
local first = redis.call('ZRANGEBYSCORE', KEYS[2], low * ${PER_PRIORITY}, '(' .. next_class, 'WITHSCORES', 'LIMIT', 0, 1)
if first[2] then shift = math.min(shift, math.floor(first[2] / ${PER_PRIORITY}) - low - 1) end
if shift < 1 then return 0 end
redis.call('HSET', KEYS[1], 'rebase:' .. class, (base + shift) .. '|' .. base)
return 1
`);

/** Moves the lowest jobs that were not moved yet, as far as their keys were given. Sent again, it finds other jobs there, without their keys, and stops. */
const MOVE = script(`
local class, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local base, rebase = unpack(redis.call('HMGET', KEYS[1], 'base:' .. class, 'rebase:' .. class))
if not rebase then return { 0, 1 } end
base = tonumber(base or '0')
local nextBase, mark = string.match(rebase, '^(%d+)|(%d+)$')
nextBase, mark = tonumber(nextBase), tonumber(mark)
local given = {}
for i = 3, #ARGV do given[ARGV[i]] = KEYS[i] end
local low, shift = class * ${PER_CLASS}, nextBase - base
local function score_at(place, rest) return string.format('%.0f', (low + place) * ${PER_PRIORITY} + rest) end
local found = redis.call('ZRANGEBYSCORE', KEYS[2], score_at(mark - base + 1, 0), '(' .. score_at(${PER_CLASS}, 0), 'WITHSCORES', 'LIMIT', 0, most)
local all, moved, last = #found < 2 * most, 0, nil
for i = 1, #found, 2 do
  local job = given[found[i]]
  if not job then
    all = false
    break
  end
  local priority = math.floor(found[i + 1] / ${PER_PRIORITY})
  local place = priority - low
  local to = math.max(1, place - shift)
  redis.call('ZADD', KEYS[2], score_at(to, found[i + 1] - priority * ${PER_PRIORITY}), found[i])
  if redis.call('HEXISTS', job, 'priority') == 1 then redis.call('HSET', job, 'priority', low + to) end
  moved, last = moved + 1, place
end
if all then
  redis.call('HSET', KEYS[1], 'base:' .. class, nextBase)
  redis.call('HDEL', KEYS[1], 'rebase:' .. class)
  return { moved, 1 }
end
-- The mark stays one before the last place that was moved: other jobs may stand at that place too, and are moved with the next chunk.
if last and base + last - 1 > mark then redis.call('HSET', KEYS[1], 'rebase:' .. class, nextBase .. '|' .. (base + last - 1)) end
return { moved, 0 }
`);

const FORGET = script(`
local v = redis.call('HMGET', KEYS[2], '0', '1', '2', '3')
local found = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
for i = 1, #found[2], 2 do
  local class = string.match(found[2][i], '^(%d):')
  if class and tonumber(found[2][i + 1]) <= tonumber(v[tonumber(class) + 1] or '0') then redis.call('HDEL', KEYS[1], found[2][i]) end
end
return found[1]
`);
