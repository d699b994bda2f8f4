/**
 * The scripts that end an intake. Sealing makes visible what an intake has written: it enters the generations into the indexes and the counters, and gives
 * them their positions in the batch. Until then nobody sees any of them, and afterwards all of them are there.
 */
import { MOVING, TERMINAL } from '../../states.ts';
import { luaList, luaSet } from '../lua-tables.ts';
import { script } from '../script.ts';
import { named } from '../script-words.ts';

/** Keys before those of the providers. */
export const FIXED_KEYS = 13;

/** What a script that seals is told first (openIntake in create-chunk.ts). The months are last, this and next month by the clock of the caller. */
export const INTAKE_WORDS = ['token', 'name', 'providers', 'monthStart', 'monthEnd', 'lastMonth', 'thisMonth', 'nextMonth'] as const;

/** Lua that every script shares which seals: the variables of an intake, and `seal`. */
export const SEALING = `
local intake, batch, items, all, live, batches, ended, intakes, months, guard = unpack(KEYS, 1, 10)
${named(INTAKE_WORDS)}
providers = tonumber(providers)
local TERMINAL = ${luaSet(TERMINAL)}
local COUNTS_OF_MOVING = ${luaList(MOVING.map((state) => `n:${state}`))}

-- Singles are also listed by the month of their creation. KEYS[11..13]: of last, this and next month. The clock of Redis decides which.
local MONTHS = { lastMonth, thisMonth, nextMonth }
local function month_now()
  if now < tonumber(monthStart) then return 1 end
  return now < tonumber(monthEnd) and 2 or 3
end
-- entries: id, 'provider|state|month', id, … in the order they came. base: only for a part of an intake over several shards: the position before the
-- first of the intake, to which each entry adds its offset.
local function seal(entries, base)
  -- The first intake of an empty ledger gives the ledger its identity: so it is a new one, and no older copy (ledger/guard/rollback-guard.ts).
  if redis.call('EXISTS', all) == 0 then redis.call('HSETNX', guard, 'ledger', token) end
  local position = tonumber(redis.call('HGET', batch, 'total') or '0')
  local before, of_provider, of_state = position, {}, {}
  for i = 1, #entries, 2 do
    local id = entries[i]
    local provider, state, month, offset = string.match(entries[i + 1], '^(%d+)|(%a+)|(%d)|?(%d*)$')
    if redis.call('ZADD', all, 'NX', now, id) == 1 then
      position = position + 1
      redis.call('ZADD', items, base and base + tonumber(offset) or position, id)
      redis.call('ZADD', TERMINAL[state] and ended or live, now, id)
      local both = provider .. '|' .. state
      of_provider[both] = (of_provider[both] or 0) + 1
      of_state[state] = (of_state[state] or 0) + 1
      if name == '' then
        redis.call('ZADD', KEYS[10 + month], position, id)
        redis.call('SADD', months, MONTHS[tonumber(month)])
      end
    end
  end
  for both, number in pairs(of_provider) do
    local provider, state = string.match(both, '^(%d+)|(%a+)$')
    redis.call('HINCRBY', KEYS[${FIXED_KEYS} + provider], state, number)
  end
  for state, number in pairs(of_state) do redis.call('HINCRBY', batch, 'n:' .. state, number) end
  if position == before then return end
  redis.call('HINCRBY', batch, 'total', position - before)
  local moving = 0
  for _, n in ipairs(redis.call('HMGET', batch, unpack(COUNTS_OF_MOVING))) do moving = moving + tonumber(n or '0') end
  if moving > 0 then
    redis.call('HDEL', batch, 'finishedAt')
  else
    redis.call('HSET', batch, 'finishedAt', now)
    redis.call('HINCRBY', batch, 'revision', 1)
  end
  if name ~= '' and not base then redis.call('ZADD', batches, 'NX', now, name) end
end
`;

/** What SEAL is told after INTAKE_WORDS. */
export const SEAL_WORDS = ['latest'] as const;

/** KEYS after those of SEALING: the generations in the order of the intake's list. */
export const SEAL = script(`
${SEALING}
${named(SEAL_WORDS, INTAKE_WORDS.length)}
latest = tonumber(latest)
if redis.call('HGET', batch, 'sealed') == token then return 1 end
if latest > 0 and now > latest then return 0 end
if redis.call('HGET', batch, 'intake') ~= token then return 0 end
-- The intake was too old, and was taken away (drop-unsealed.ts).
if not redis.call('ZSCORE', intakes, token) then return 0 end
local entries = redis.call('LRANGE', intake, 0, -1)
for i = 1, #entries, 2 do
  -- An intake of another batch has brought the same id meanwhile: its record is there now, and not ours.
  if redis.call('HGET', KEYS[${FIXED_KEYS} + providers + (i + 1) / 2], 'batch') ~= name then return 0 end
end
seal(entries)
redis.call('HSET', batch, 'sealed', token)
redis.call('HDEL', batch, 'intake', 'intakeAt')
redis.call('DEL', intake)
redis.call('ZREM', intakes, token)
return 1
`);

/**
 * Takes back what an intake has written and will not seal, and lets go of its batch. While it holds the batch, nobody else writes records of it. An intake
 * that holds it no more leaves what it has written to the sweep (drop-unsealed.ts). KEYS after the first four: the generations.
 */
export const ABANDON = script(`
local batch, all, intakes, intake = unpack(KEYS, 1, 4)
local token, name = ARGV[1], ARGV[2]
if redis.call('HGET', batch, 'intake') ~= token then return 0 end
for i = 3, #ARGV do
  if not redis.call('ZSCORE', all, ARGV[i]) and redis.call('HGET', KEYS[i + 2], 'batch') == name then redis.call('DEL', KEYS[i + 2]) end
end
redis.call('HDEL', batch, 'intake', 'intakeAt')
redis.call('DEL', intake)
redis.call('ZREM', intakes, token)
return 1
`);
