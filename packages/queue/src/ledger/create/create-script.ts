/**
 * The script that writes the generations of an intake. Until the intake is sealed (sealing-script.ts) they are invisible: they are in no index and in no
 * counter, and have no job. An intake holds its batch for a minute, by its token, so that two intakes of one batch cannot mix. In a ledger of several
 * shards an intake holds its ids instead (`pending`), and the one deciding write is at the batch's home (create-across-script.ts).
 *
 * Most generations are created `queued`. One whose end the manifest of a folder still knows (earlier.ts) is created in that state, in the same step: it
 * must never be seen queued, not for a moment, since then it would be paid for again.
 */
import { FAIR_TURNS } from '../turns/fair-turns-script.ts';
import { script } from '../script.ts';
import { named, tableOf } from '../script-words.ts';
import { FIXED_KEYS, INTAKE_WORDS, SEALING } from './sealing-script.ts';

/** What CREATE is told after INTAKE_WORDS. The items come after it. */
export const CREATE_WORDS = ['sealing', 'attended', 'folder', 'lane', 'webhook', 'closed', 'creator', 'latest', 'shards', 'offsets'] as const;

/** What it is told of each item. The lines of its history and its fields, as many as `lines` and `words` say, come after it. */
export const ITEM_WORDS = [
  'id', 'provider', 'class', 'fingerprint', 'state', 'slotUntil', 'taskKey', 'straysUntil', 'strays', 'lines', 'words',
] as const;

/** What an intake says of the batch as a whole. The variables are those of CREATE. */
export const BATCH_WORDS = `
  redis.call('HSETNX', batch, 'createdAt', now)
  if creator ~= '' then redis.call('HSETNX', batch, 'createdBy', creator) end
  if attended == '0' then redis.call('HSET', batch, 'attended', '0') else redis.call('HSETNX', batch, 'attended', '1') end
  if folder ~= '' then redis.call('HSET', batch, 'folder', folder) end
  if webhook ~= '' then redis.call('HSET', batch, 'webhook', webhook) end
`;

export const CREATE = script(`
${SEALING}
${FAIR_TURNS}
${named(CREATE_WORDS, INTAKE_WORDS.length)}
closed, latest = closed == '1', tonumber(latest)
local sealNow, part, offset_of = sealing == 'now', sealing == 'part', {}
for offset in string.gmatch(offsets, '%d+') do offset_of[#offset_of + 1] = offset end
-- A process with another number of shards would put work where nobody looks for it.
local counted = redis.call('HGET', guard, 'shards')
if counted and counted ~= shards then return { 'shards', counted } end
-- It comes too late: its caller was told already that it is not accepted.
if latest > 0 and now > latest then return { 'late' } end

local holder, heldAt = unpack(redis.call('HMGET', batch, 'intake', 'intakeAt'))
if not part and holder and holder ~= token and now - tonumber(heldAt) < 60000 then return { 'busy' } end

-- Only what is in the index is accepted; a record that is not in it is of an intake that was never sealed.
local function fingerprint_of(id, generation)
  return redis.call('ZSCORE', all, id) and redis.call('HGET', generation, 'fingerprint') or nil
end
local given, conflicts, others = {}, {}, {}
local at, key = ${INTAKE_WORDS.length + CREATE_WORDS.length + 1}, ${FIXED_KEYS} + 4 * providers
while at <= #ARGV do
  local item = ${tableOf(ITEM_WORDS, 'at')}
  item.history = at + ${ITEM_WORDS.length}
  item.fields = item.history + item.lines
  item.to = item.fields + item.words - 1
  key = key + 1
  item.generation = KEYS[key]
  if item.state ~= 'queued' then
    item.historyKey, item.tasks, item.slots, item.slotsOf, item.doubtful, item.watched = unpack(KEYS, key + 1, key + 6)
    key = key + 6
  end
  local fingerprint = fingerprint_of(item.id, item.generation)
  if fingerprint and fingerprint ~= item.fingerprint then conflicts[#conflicts + 1] = item.id end
  if not fingerprint then
    others[#others + 1] = item.id
    local other = part and redis.call('HGET', item.generation, 'pending')
    if other and other ~= token then return { 'contested', other, tostring(now - tonumber(redis.call('ZSCORE', intakes, other) or '0')) } end
  end
  item.offset = offset_of[#given + 1]
  item.known = fingerprint ~= nil
  given[#given + 1] = item
  at = item.to + 1
end
if #conflicts > 0 then return { 'conflict', unpack(conflicts) } end
-- For a part of an intake DECIDE says it, which knows the other parts.
if closed and not part and #others > 0 and redis.call('ZSCORE', batches, name) then return { 'other', unpack(others) } end

if not part then
  ${BATCH_WORDS}
  if not sealNow then redis.call('HSET', batch, 'intake', token, 'intakeAt', now) end
end

local function write_earlier(item)
  redis.call('DEL', item.historyKey)
  for i = item.history, item.fields - 1 do redis.call('RPUSH', item.historyKey, ARGV[i]) end
  if item.taskKey ~= '' then redis.call('HSETNX', item.tasks, item.taskKey, item.id) end
  if item.slotUntil ~= '' then
    redis.call('ZADD', item.slots, item.slotUntil, item.id)
    redis.call('ZADD', item.slotsOf, item.slotUntil, item.id)
    -- As in apply-script.ts: an overdue task may never end, and the limit that this new ledger knows is 1 at first.
    if item.state == 'overdue' then redis.call('SADD', item.doubtful, item.id) end
  end
  -- As in learn.ts: each that may still run has a slot of its own, and is looked at.
  for _, taskKey in ipairs(cjson.decode(item.strays)) do
    redis.call('HSETNX', item.tasks, taskKey, item.id)
    redis.call('ZADD', item.slots, item.straysUntil, item.id .. '#' .. taskKey)
    redis.call('ZADD', item.slotsOf, item.straysUntil, item.id .. '#' .. taskKey)
    redis.call('ZADD', item.watched, now, item.id)
  end
end

local created, entries, month = { 'accepted', tostring(now) }, {}, month_now()
for _, item in ipairs(given) do
  if not item.known then
    local of = ${FIXED_KEYS} + item.provider
    local turn_keys = { turns = KEYS[of + providers], lanes = KEYS[of + 2 * providers], ends = KEYS[of + 3 * providers] }
    local queue = fair_queue(turn_keys, item.class, lane, creator ~= '')
    -- Only a queued generation takes a turn.
    local turn, place = next_turn(queue, item.state == 'queued')
    redis.call('DEL', item.generation)
    -- The item's own fields come last: an earlier one has the createdAt that it had.
    redis.call('HSET', item.generation, 'state', item.state, 'turn', turn, 'createdAt', now, 'changedAt', now, unpack(ARGV, item.fields, item.to))
    if part then redis.call('HSET', item.generation, 'pending', token) end
    if item.state ~= 'queued' then write_earlier(item) end
    entries[#entries + 1] = item.id
    entries[#entries + 1] = item.provider .. '|' .. item.state .. '|' .. month .. (item.offset and '|' .. item.offset or '')
    created[#created + 1] = item.id
    created[#created + 1] = tostring(turn)
    created[#created + 1] = tostring(place)
  end
end
write_turns()
if sealNow then
  seal(entries)
else
  if #entries > 0 then redis.call('RPUSH', intake, unpack(entries)) end
  redis.call('ZADD', intakes, 'NX', now, token)
end
return created
`);
