/**
 * Fair turns, in Lua: start-time fair queueing within a provider and a priority class, in work that does not depend on how many wait.
 *
 * `turn = max(V, F[lane])`, `F[lane] = turn + step`. V is the highest turn that was submitted (apply-script.ts), F[lane] the turn that the next one of
 * the lane gets. A lane is a batch, or the single requests of an API key. The step is the number of lanes of the same API key that still have a turn to
 * come here, so that ten open batches of one key together get the share of one; a lane without a key (the command line's) counts alone. `ends` has the
 * F of every lane of a key: so a small batch stretches a large one only up to where the small one ends.
 *
 * Turns only grow. What BullMQ sorts by is a place: the turn less the base of its class (ledger/turns/places.ts), between 1 and MOST_PLACES.
 */

/** The last place of a class. Turns beyond it all stand there, first come, first served. */
export const MOST_PLACES = 499_999;
/** Scores of `ends`: class × this + F. */
const OF_CLASS = 10 ** 12;
/** A key that has asked for nothing for so long counts as a new one. */
const ENDS_KEPT_SECONDS = 30 * 24 * 3_600;

export const FAIR_TURNS = `
local fair_queues = {}

-- The lane's view of one provider and class: read once, written back by write_turns. shared: the lane has siblings, those in k.ends.
local function fair_queue(k, class, lane, shared)
  local q = fair_queues[k.turns .. class]
  if q then return q end
  local v, base, rebase = unpack(redis.call('HMGET', k.turns, class, 'base:' .. class, 'rebase:' .. class))
  q = { k = k, field = class .. ':' .. lane, floor = tonumber(class) * ${OF_CLASS}, v = tonumber(v or '0'), base = tonumber(base or '0'), shared = shared }
  if rebase then
    local nextBase, moved = string.match(rebase, '^(%d+)|(%d+)$')
    q.nextBase, q.moved = tonumber(nextBase), tonumber(moved)
  end
  q.f = tonumber(redis.call('HGET', k.lanes, q.field) or '0')
  if shared then
    -- The lanes are deleted when nothing waits any more (apply-script.ts). A new epoch says that the ends from before are void too.
    local epoch = redis.call('HGET', k.lanes, 'epoch')
    if not epoch then
      epoch = tostring(now)
      redis.call('HSET', k.lanes, 'epoch', epoch)
    end
    if tonumber(redis.call('ZSCORE', k.ends, 'epoch') or '0') ~= -tonumber(epoch) then
      redis.call('DEL', k.ends)
      redis.call('ZADD', k.ends, -tonumber(epoch), 'epoch')
    end
    redis.call('ZREMRANGEBYSCORE', k.ends, q.floor, q.floor + q.v)
  end
  q.crowded = shared
  fair_queues[k.turns .. class] = q
  return q
end

-- How many other lanes of the key have turns after this one. Its own lane does not count: it ends at this turn.
local function siblings_after(q, turn)
  if not q.crowded then return 0 end
  local number = redis.call('ZCOUNT', q.k.ends, '(' .. (q.floor + turn), q.floor + ${OF_CLASS - 1})
  if number == 0 then q.crowded = false end
  return number
end

local function next_turn(q, taken)
  local turn = math.min(math.max(q.v, q.f, 1), q.base + ${MOST_PLACES})
  local base = q.base
  if q.moved and turn <= q.moved then base = q.nextBase end
  if taken then
    q.f = turn + 1 + siblings_after(q, turn)
    q.changed = true
  end
  return turn, math.min(math.max(turn - base, 1), ${MOST_PLACES})
end

local function write_turns()
  for _, q in pairs(fair_queues) do
    if q.changed then
      redis.call('HSET', q.k.lanes, q.field, q.f)
      if q.shared then
        redis.call('ZADD', q.k.ends, q.floor + q.f, q.field)
        redis.call('EXPIRE', q.k.ends, ${ENDS_KEPT_SECONDS})
      end
    end
  end
end
`;
