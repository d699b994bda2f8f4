/**
 * The two scripts of an intake. A generation of an unsealed intake is invisible: it is in no index and in no counter, and it has no job.
 * An intake holds its batch by a token for a minute, so that two of them cannot mix.
 */
import { script } from './script.ts';

const SEALING = `
local function seal_one(id, batch, items, all, live, counts)
  if redis.call('ZSCORE', all, id) then return end
  local position = redis.call('HINCRBY', batch, 'total', 1)
  redis.call('ZADD', items, position, id)
  redis.call('ZADD', all, now, id)
  redis.call('ZADD', live, now, id)
  redis.call('HINCRBY', counts, 'queued', 1)
  redis.call('HINCRBY', batch, 'n:queued', 1)
end
`;

export const CREATE = script(`
${SEALING}
local intake, batch, items, all, live, batches = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local token, name, sealNow, attended, folder, lane = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4], ARGV[5], ARGV[6]
local webhook, providers = ARGV[7], tonumber(ARGV[8])

local holder, heldAt = unpack(redis.call('HMGET', batch, 'intake', 'intakeAt'))
if holder and holder ~= token and now - tonumber(heldAt) < 60000 then return { 'busy' } end

local known, conflicts, at, key = {}, {}, 9, 6 + 3 * providers
-- Only what is in the index is there; a record beside it is left of an intake that was never sealed.
local function fingerprint_of(id, generation)
  return redis.call('ZSCORE', all, id) and redis.call('HGET', generation, 'fingerprint') or nil
end
local first = at
while at <= #ARGV do
  key = key + 1
  local fingerprint = fingerprint_of(ARGV[at], KEYS[key])
  if fingerprint and fingerprint ~= ARGV[at + 3] then conflicts[#conflicts + 1] = ARGV[at] end
  known[ARGV[at]] = fingerprint ~= nil
  at = at + 5 + ARGV[at + 4]
end
if #conflicts > 0 then return { 'conflict', unpack(conflicts) } end

redis.call('HSETNX', batch, 'createdAt', now)
if attended == '0' then redis.call('HSET', batch, 'attended', '0') else redis.call('HSETNX', batch, 'attended', '1') end
if folder ~= '' then redis.call('HSET', batch, 'folder', folder) end
if webhook ~= '' then redis.call('HSET', batch, 'webhook', webhook) end
if not sealNow then redis.call('HSET', batch, 'intake', token, 'intakeAt', now) end

local created = { 'accepted' }
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
    for i = at + 5, at + 4 + count, 2 do redis.call('HSET', KEYS[key], ARGV[i], ARGV[i + 1]) end
    redis.call('HSET', KEYS[key], 'state', 'queued', 'turn', turn, 'createdAt', now, 'changedAt', now)
    if sealNow then
      seal_one(id, batch, items, all, live, KEYS[6 + provider])
    else
      redis.call('RPUSH', intake, id, provider)
    end
    created[#created + 1] = id
  end
  at = at + 5 + count
end
if not sealNow then redis.call('ZADD', KEYS[#KEYS], 'NX', now, token) end
if sealNow and #created > 1 then
  redis.call('HDEL', batch, 'finishedAt')
  if name ~= '' then redis.call('ZADD', batches, 'NX', now, name) end
end
return created
`);

export const SEAL = script(`
${SEALING}
local intake, batch, items, all, live, batches = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
if redis.call('HGET', batch, 'sealed') == ARGV[1] then return 1 end
if redis.call('HGET', batch, 'intake') ~= ARGV[1] then return 0 end
local entries = redis.call('LRANGE', intake, 0, -1)
for i = 1, #entries, 2 do
  seal_one(entries[i], batch, items, all, live, KEYS[6 + tonumber(entries[i + 1])])
end
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
