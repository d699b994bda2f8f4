/**
 * The two scripts of an intake. A generation of an unsealed intake is invisible: it is in no index and in no counter, and it has no job.
 * An intake holds its batch by a token for a minute, so that two of them cannot mix.
 */
import { script } from './script.ts';

const SEALING = `
-- entries: id, number of its provider, id, … in the order they came
local function seal(entries, batch, items, all, live, first_counts)
  local position = tonumber(redis.call('HGET', batch, 'total') or '0')
  local before, by_provider = position, {}
  for i = 1, #entries, 2 do
    local id, provider = entries[i], tonumber(entries[i + 1])
    if redis.call('ZADD', all, 'NX', now, id) == 1 then
      position = position + 1
      redis.call('ZADD', items, position, id)
      redis.call('ZADD', live, now, id)
      by_provider[provider] = (by_provider[provider] or 0) + 1
    end
  end
  for provider, number in pairs(by_provider) do redis.call('HINCRBY', KEYS[first_counts + provider], 'queued', number) end
  if position > before then
    redis.call('HINCRBY', batch, 'total', position - before)
    redis.call('HINCRBY', batch, 'n:queued', position - before)
  end
end
`;

export const CREATE = script(`
${SEALING}
local intake, batch, items, all, live, batches = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local token, name, sealNow, attended, folder, lane = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5], ARGV[6]
local providers, closed, creator, webhook, latest = tonumber(ARGV[7]), ARGV[8] == '1', ARGV[9], ARGV[10], tonumber(ARGV[11])
-- Whoever asked was told long ago that it is not accepted.
if latest > 0 and now > latest then return { 'late' } end

local holder, heldAt = unpack(redis.call('HMGET', batch, 'intake', 'intakeAt'))
if holder and holder ~= token and now - tonumber(heldAt) < 60000 then return { 'busy' } end

local known, conflicts, others, at, key = {}, {}, {}, 12, 6 + 3 * providers
-- Only what is in the index is there; a record beside it is left of an intake that was never sealed.
local function fingerprint_of(id, generation)
  return redis.call('ZSCORE', all, id) and redis.call('HGET', generation, 'fingerprint') or nil
end
local first = at
while at <= #ARGV do
  key = key + 1
  local fingerprint = fingerprint_of(ARGV[at], KEYS[key])
  if fingerprint and fingerprint ~= ARGV[at + 3] then conflicts[#conflicts + 1] = ARGV[at] end
  if not fingerprint then others[#others + 1] = ARGV[at] end
  known[ARGV[at]] = fingerprint ~= nil
  at = at + 5 + ARGV[at + 4]
end
if #conflicts > 0 then return { 'conflict', unpack(conflicts) } end
if closed and #others > 0 and redis.call('ZSCORE', batches, name) then return { 'other', unpack(others) } end

redis.call('HSETNX', batch, 'createdAt', now)
if creator ~= '' then redis.call('HSETNX', batch, 'createdBy', creator) end
if webhook ~= '' then redis.call('HSET', batch, 'webhook', webhook) end
if attended == '0' then redis.call('HSET', batch, 'attended', '0') else redis.call('HSETNX', batch, 'attended', '1') end
if folder ~= '' then redis.call('HSET', batch, 'folder', folder) end
if not sealNow then redis.call('HSET', batch, 'intake', token, 'intakeAt', now) end

local created, entries = { 'accepted', tostring(now) }, {}
at, key = first, 6 + 3 * providers
while at <= #ARGV do
  key = key + 1
  local id, provider, class, count = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 4]
  if not known[id] then
    known[id] = true
    local turns, lanes = KEYS[6 + providers + provider], KEYS[6 + 2 * providers + provider]
    local v = tonumber(redis.call('HGET', turns, class) or '0')
    local f = tonumber(redis.call('HGET', lanes, class .. ':' .. lane) or '0')
    local turn = math.min(math.max(v, f, 1), 499999)
    redis.call('HSET', lanes, class .. ':' .. lane, turn + 1)
    redis.call('DEL', KEYS[key])
    redis.call('HSET', KEYS[key], 'state', 'queued', 'turn', turn, 'createdAt', now, 'changedAt', now, unpack(ARGV, at + 5, at + 4 + count))
    entries[#entries + 1] = id
    entries[#entries + 1] = tostring(provider)
    created[#created + 1] = id
    created[#created + 1] = tostring(turn)
  end
  at = at + 5 + count
end
if sealNow then
  seal(entries, batch, items, all, live, 6)
else
  if #entries > 0 then redis.call('RPUSH', intake, unpack(entries)) end
  redis.call('ZADD', KEYS[#KEYS], 'NX', now, token)
end
if sealNow and #entries > 0 then
  redis.call('HDEL', batch, 'finishedAt')
  if name ~= '' then redis.call('ZADD', batches, 'NX', now, name) end
end
return created
`);

export const SEAL = script(`
${SEALING}
local intake, batch, items, all, live, batches = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
if redis.call('HGET', batch, 'sealed') == ARGV[1] then return 1 end
if tonumber(ARGV[3]) > 0 and now > tonumber(ARGV[3]) then return 0 end
if redis.call('HGET', batch, 'intake') ~= ARGV[1] then return 0 end
local entries = redis.call('LRANGE', intake, 0, -1)
seal(entries, batch, items, all, live, 6)
redis.call('HSET', batch, 'sealed', ARGV[1])
redis.call('HDEL', batch, 'intake', 'intakeAt')
if #entries > 0 then
  redis.call('HDEL', batch, 'finishedAt')
  if ARGV[2] ~= '' then redis.call('ZADD', batches, 'NX', now, ARGV[2]) end
end
redis.call('DEL', intake)
redis.call('ZREM', KEYS[#KEYS], ARGV[1])
return 1
`);

/** Gives a batch back that an intake holds and will not seal. What it wrote stays invisible and is swept away later. */
export const ABANDON = script(`
if redis.call('HGET', KEYS[1], 'intake') == ARGV[1] then redis.call('HDEL', KEYS[1], 'intake', 'intakeAt') end
return 1
`);
