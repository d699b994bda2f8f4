/**
 * Lua that the scripts of `transition`, `learn` and `cancelQueuedOnes` share: applies a change of state. Record, slot, counters, history, seq, outbox mark
 * and event change together, or not at all. It judges nothing: its caller has found the change allowed, and has declared the keys (transition-keys.ts).
 */
import { MAY_QUEUE_AGAIN, MOVING, TOLD } from '../states.ts';
import { IS_DOUBTFUL } from './account/is-doubtful-script.ts';
import { POLLS_PAUSED } from './account/poll-pauses.ts';
import { NEWEST_EVENT } from './events/newest-event.ts';
import { luaList, luaSet } from './lua-tables.ts';
import { SPEND } from './spend-script.ts';
import { KEY_NAMES } from './transition-keys.ts';

/** A patch value that removes the field. */
export const ABSENT = '\u0000';

export const APPLY = `
local TOLD = ${luaSet(TOLD)}
local MOVING = ${luaSet(MOVING)}
local MAY_QUEUE_AGAIN = ${luaSet(MAY_QUEUE_AGAIN)}
local COUNTS_OF_MOVING = ${luaList(MOVING.map((state) => `n:${state}`))}

local event_id = ''

local function note_history(key, state, note)
  local last = redis.call('LINDEX', key, -1)
  if state == 'queued' and last and string.find(last, '^%d+|submitting|') then
    redis.call('RPOP', key)
    last = redis.call('LINDEX', key, -1)
  end
  if last then
    local at, word, times, text = string.match(last, '^(%d+)|(%a+)|(%d+)|(.*)$')
    if word == state and text == note then
      redis.call('LSET', key, -1, at .. '|' .. word .. '|' .. (tonumber(times) + 1) .. '|' .. text)
      return
    end
  end
  if redis.call('RPUSH', key, now .. '|' .. state .. '|1|' .. note) > 50 then redis.call('LTRIM', key, -50, -1) end
end

${SPEND}
${IS_DOUBTFUL}
${NEWEST_EVENT}
${POLLS_PAUSED}
-- k: the keys by name, g: fields read before, c: the change
local function apply(k, g, c)
  local seq = tonumber(g.seq) + tonumber(c.seqBy)
  -- All fields in one command: a call from Lua costs more than most commands do.
  -- \`lastTo\` says the same as \`state\`. It is written for workers of an older version, which compare it.
  local set, gone = { 'state', c.to, 'seq', seq, 'lastBy', c.by, 'lastTo', c.to, 'changedAt', now }, { 'held' }
  if g.held then redis.call('SREM', k.held, c.id) end
  -- That its file has dropped it counts for as long as it may be queued again by itself: then it is held, unless a person has said what to do since.
  -- What is held for it may turn out to have been submitted: a late answer names its task, or a backup was restored.
  local is_dropped = (g.dropped == '1' or g.held == 'dropped') and not by_person(c.by)
  if is_dropped and MAY_QUEUE_AGAIN[c.to] then set[#set + 1], set[#set + 2] = 'dropped', '1' else gone[#gone + 1] = 'dropped' end
  if c.to == 'queued' and is_dropped and g.cancelRequested ~= '1' then
    c.held = '1'
    c.note = c.note .. '; held, since its file no longer has it'
    c.patch[#c.patch + 1] = 'held'
    c.patch[#c.patch + 1] = 'dropped'
  end
  -- The upstream had finished at once: a person's cancel that came meanwhile is too late.
  if g.state == 'submitting' and c.to == 'downloading' and g.cancelRequested == '1' then
    gone[#gone + 1] = 'cancelRequested'
    c.note = (c.note == '' and '' or c.note .. '; ') .. 'not canceled, as a person had asked: it is paid and ready'
  end
  -- What was refused, or given up, without a task has no video that anybody could want or not.
  if c.to == 'failed' and not g.taskKey then gone[#gone + 1] = 'unwanted' end
  for i = 1, #c.patch, 2 do
    local field, value = c.patch[i], c.patch[i + 1]
    if field == 'bill' then
      charge(k, g, value)
    elseif value == '\\0' then
      gone[#gone + 1] = field
    else
      set[#set + 1], set[#set + 2] = field, value
      -- A deadline counts from here: the time for which polls were paused before does not put it off.
      if field == 'deadlineAt' then
        set[#set + 1], set[#set + 2] = 'pausedBase', polls_paused(k.pollPauses, k.pauses, g.provider, c.account, c.scopes)
      elseif field == 'held' then
        redis.call('SADD', k.held, c.id)
        redis.call('SADD', k.heldAccounts, c.account)
      end
    end
  end
  redis.call('HDEL', k.generation, unpack(gone))
  redis.call('HSET', k.generation, unpack(set))

  if c.slot == 'take' then
    redis.call('ZADD', k.slots, c.slotUntil, c.id)
    redis.call('ZADD', k.slotsOf, c.slotUntil, c.id)
  elseif c.slot == 'free' then
    if redis.call('ZREM', k.slots, c.id) == 1 then redis.call('PUBLISH', k.wake, c.account) end
    redis.call('ZREM', k.slotsOf, c.id)
  elseif tonumber(c.slotUntil) > 0 then
    redis.call('ZADD', k.slots, 'XX', c.slotUntil, c.id)
    redis.call('ZADD', k.slotsOf, 'XX', c.slotUntil, c.id)
  end

  -- Only with a slot: a generation that became ambiguous by a restored backup holds none.
  if is_doubtful(k.generation, c.to) and redis.call('ZSCORE', k.slots, c.id) then
    redis.call('SADD', k.doubtful, c.id)
  elseif DOUBTFUL[c.to] or DOUBTFUL[g.state] or g.state == 'rendering' then
    redis.call('SREM', k.doubtful, c.id)
  end
  if c.to == 'submitting' then
    redis.call('ZADD', k.intents, c.slotUntil, c.id)
    local class = g.class or '0'
    local v = tonumber(redis.call('HGET', k.turns, class) or '0')
    if tonumber(g.turn or '0') > v then redis.call('HSET', k.turns, class, g.turn) end
  elseif g.state == 'submitting' then
    redis.call('ZREM', k.intents, c.id)
    redis.call('PUBLISH', k.wake, c.account)
  end

  local left = redis.call('HINCRBY', k.counts, g.state, -1)
  redis.call('HINCRBY', k.counts, c.to, 1)
  if c.to ~= 'queued' and g.state == 'queued' and left <= 0 then
    -- Nothing waits any more, so all lanes begin anew at V. V itself is kept: a generation that is put back then stands before those that come now.
    redis.call('DEL', k.lanes)
  end
  redis.call('HINCRBY', k.batch, 'n:' .. g.state, -1)
  redis.call('HINCRBY', k.batch, 'n:' .. c.to, 1)
  -- Counted until any generation of the batch goes on again: a batch of which all are counted was refused as a whole.
  local untold = c.untold == '1' and redis.call('HINCRBY', k.batch, 'untold', 1) or 0
  local moving = 0
  if not MOVING[c.to] then
    for _, n in ipairs(redis.call('HMGET', k.batch, unpack(COUNTS_OF_MOVING))) do moving = moving + tonumber(n or '0') end
  end
  if MOVING[c.to] or moving > 0 then
    if not MOVING[g.state] then redis.call('HDEL', k.batch, 'finishedAt', 'untold') end
  else
    redis.call('HSET', k.batch, 'finishedAt', now)
    local revision = redis.call('HINCRBY', k.batch, 'revision', 1)
    -- Kept, since the batch may be brought again before its mark is published.
    if untold > 0 and untold >= tonumber(redis.call('HGET', k.batch, 'total') or '0') then redis.call('HSET', k.batch, 'refused', revision) end
    -- Half a millisecond later, so that it is told after the generation that finished the batch.
    if g.batch and g.batch ~= '' then redis.call('ZADD', k.outbox, now + 0.5, 'batch:' .. g.batch .. ':' .. revision) end
  end

  if c.terminal == '1' then
    redis.call('ZREM', k.live, c.id)
    redis.call('ZADD', k.ended, now, c.id)
  else
    redis.call('ZADD', k.live, now, c.id)
    if not MOVING[g.state] then redis.call('ZREM', k.ended, c.id) end
  end
  note_history(k.history, c.to, c.note)
  -- The publisher finds out whether there is an endpoint for it. Numbered, since a second failure in one round is another event.
  if TOLD[c.to] and c.untold ~= '1' then
    local told = redis.call('HINCRBY', k.generation, 'told', 1)
    redis.call('ZADD', k.outbox, now, c.id .. ':' .. g.round .. ':' .. c.to .. ':' .. told)
  end
  local worked = by_person(c.by) and newest_worked(k.guard, k.events)
  event_id = redis.call('XADD', k.events, 'MAXLEN', '~', 10000, '*', 'id', c.id, 'from', g.state, 'to', c.to,
    'seq', seq, 'round', g.round or '1', 'provider', g.provider, 'batch', g.batch or '', 'note', c.note)
  if worked then redis.call('HSET', k.guard, 'personLast', event_id, 'workedLast', worked) end
  return seq
end

local KEY_NAMES = ${luaList(KEY_NAMES)}
local function named_keys()
  local k = { wake = ARGV[1] }
  for i, name in ipairs(KEY_NAMES) do k[name] = KEYS[i] end
  return k
end
local FIELDS = { 'state', 'seq', 'round', 'lastBy', 'class', 'turn', 'provider', 'batch', 'taskKey', 'held', 'lane', 'offer', 'offerSeen',
  'dropped', 'cancelRequested', 'unwanted' }
local function read_fields(key)
  local g = {}
  for i, value in ipairs(redis.call('HMGET', key, unpack(FIELDS))) do
    if value then g[FIELDS[i]] = value end
  end
  return g
end
`;
