/**
 * The scripts of an intake over several shards (create-across.ts says how they follow each other). Each touches one shard only, and each may be
 * called again with the same result.
 */
import { BATCH_WORDS } from './create-script.ts';
import { INTAKE_WORDS, SEALING } from './sealing-script.ts';
import { script } from '../script.ts';
import { named } from '../script-words.ts';

/**
 * What a shard has of these ids: `f<fingerprint>` accepted, `p<token>|<age in ms>` held by an intake that is not sealed here, `` nothing. Before
 * them: the last position of the batch here, and whether it is listed here, or has anything here.
 */
export const LOOK = script(`
local all, intakes, items, batch, batches = unpack(KEYS, 1, 5)
local last = redis.call('ZREVRANGE', items, 0, 0, 'WITHSCORES')
local found = { last[2] or '0', redis.call('ZSCORE', batches, ARGV[1]) and '1' or '0', redis.call('EXISTS', items) == 1 and '1' or '0' }
for i = 2, #ARGV do
  local fingerprint, pending = unpack(redis.call('HMGET', KEYS[4 + i], 'fingerprint', 'pending'))
  if redis.call('ZSCORE', all, ARGV[i]) then
    found[#found + 1] = 'f' .. (fingerprint or '')
  elseif pending then
    found[#found + 1] = 'p' .. pending .. '|' .. (now - tonumber(redis.call('ZSCORE', intakes, pending) or '0'))
  else
    found[#found + 1] = ''
  end
end
return found
`);

/** What DECIDE is told, in this order. */
export const DECIDE_WORDS = [
  'token', 'name', 'count', 'floor', 'elsewhere', 'others', 'closed', 'attended', 'folder', 'webhook', 'creator', 'latest', 'fresh', 'shards', 'withParts',
] as const;

/**
 * The one deciding write, at the batch's home: from now on the intake is accepted, whatever becomes of who wrote it. Answers what is to be sealed:
 * `<attended>|<position before the first>|<shards with new ones>|<all shards with a part>`.
 */
export const DECIDE = script(`
local batch, batches, decisions, guard = unpack(KEYS)
${named(DECIDE_WORDS)}
count, floor, others, latest = tonumber(count), tonumber(floor), tonumber(others), tonumber(latest)
elsewhere, closed = elsewhere == '1', closed == '1'
local decided = redis.call('HGET', decisions, token)
if decided then return string.find(decided, '^aborted') and { 'aborted' } or { 'decided', decided } end
-- This call was sent before, over a connection that was then lost, and somebody else has sealed the intake since: all is done.
if redis.call('HGET', batch, 'decided') == token then return { 'decided', attended .. '|0|||' .. name .. '|' .. now } end
if latest > 0 and now > latest then return { 'late' } end
local counted = redis.call('HGET', guard, 'shards')
if counted and counted ~= shards then return { 'shards', counted } end
local base, parts = 0, fresh
if name ~= '' then
  local listed = redis.call('ZSCORE', batches, name)
  if closed and others > 0 and (listed or elsewhere) then return { 'other' } end
  ${BATCH_WORDS}
  attended = redis.call('HGET', batch, 'attended')
  base = math.max(tonumber(redis.call('HGET', batch, 'positions') or '0'), floor)
  redis.call('HSET', batch, 'positions', base + count)
  local seen = {}
  parts = ''
  for number in string.gmatch((redis.call('HGET', batch, 'parts') or '') .. ',' .. withParts .. ',' .. fresh, '%d+') do
    if not seen[number] then parts = parts .. (parts == '' and '' or ',') .. number end
    seen[number] = true
  end
  redis.call('HSET', batch, 'parts', parts)
  redis.call('HINCRBY', batch, 'expected', others)
  if others > 0 and not elsewhere then redis.call('ZADD', batches, 'NX', now, name) end
end
redis.call('HSET', batch, 'decided', token)
local decision = attended .. '|' .. base .. '|' .. fresh .. '|' .. parts
redis.call('HSET', decisions, token, decision .. '|' .. name .. '|' .. now)
return { 'decided', decision .. '|' .. name .. '|' .. now }
`);

/**
 * What SEAL_PART is told after INTAKE_WORDS. `base`: the position before the first; empty: this shard's own count. `decides`: '1' where this is the
 * deciding write itself (singles, which have no home).
 */
export const SEAL_PART_WORDS = ['base', 'attended', 'decides', 'latest'] as const;

/**
 * Makes visible what an intake has written into this shard, and tells the part whether its batch is attended. KEYS after those of SEALING: the
 * decisions of this shard, and the generations in the order of the intake's list.
 */
export const SEAL_PART = script(`
${SEALING}
${named(SEAL_PART_WORDS, INTAKE_WORDS.length)}
decides, latest = decides == '1', tonumber(latest)
local first = 14 + providers
local entries = redis.call('LRANGE', intake, 0, -1)
-- Asked first: the list of an intake that was ended is as empty as that of one that was sealed before.
if decides and redis.call('HEXISTS', KEYS[first], token) == 1 then return 'aborted' end
-- Sealed before, or nothing new here.
if #entries > 0 then
  if decides and latest > 0 and now > latest then return 'late' end
  local ours = {}
  for i = 1, #entries, 2 do
    local generation = KEYS[first + (i + 1) / 2]
    -- Another intake had it first: it was taken out of this one.
    if redis.call('HGET', generation, 'pending') == token then
      redis.call('HDEL', generation, 'pending')
      ours[#ours + 1] = entries[i]
      ours[#ours + 1] = entries[i + 1]
    end
  end
  redis.call('HSETNX', batch, 'createdAt', now)
  seal(ours, base ~= '' and tonumber(base) or nil)
  redis.call('DEL', intake)
end
if name ~= '' and redis.call('EXISTS', batch) == 1 then redis.call('HSET', batch, 'attended', attended) end
redis.call('ZREM', intakes, token)
return 'sealed'
`);

/** Takes back what an intake has written in this shard and has not sealed: all of it, or some. KEYS after the first three: the generations. */
export const TAKE_BACK = script(`
local all, intakes, intake = KEYS[1], KEYS[2], KEYS[3]
for i = 3, #ARGV do
  if not redis.call('ZSCORE', all, ARGV[i]) and redis.call('HGET', KEYS[i + 1], 'pending') == ARGV[1] then redis.call('DEL', KEYS[i + 1]) end
end
if ARGV[2] == 'all' then
  redis.call('DEL', intake)
  redis.call('ZREM', intakes, ARGV[1])
end
return 1
`);

/** Ends an intake that is not decided: from now on it can never be. Answers the decision, if there is one already. */
export const ABORT = script(`
if redis.call('HSETNX', KEYS[1], ARGV[1], 'aborted|' .. now) == 1 then return 'aborted' end
return redis.call('HGET', KEYS[1], ARGV[1])
`);
