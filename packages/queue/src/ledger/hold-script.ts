/** How a shard that was rolled back is held, as a part of the scripts that do it. A hold has no end but `dailies doctor --after-restore`. */
const REASON = 'this Redis is older than what a worker has seen of it (a restored backup, or a fail-over that lost writes): what is queued may have been paid for. `dailies doctor --after-restore` settles it';

/** Lua: `hold_restored(pauses, guard, last)` holds every submit, `newest(events)` is the id of the newest event. */
export const HOLD_IT = `
local function hold_restored(pauses, guard, last)
  if redis.call('HEXISTS', guard, 'restoredAt') == 0 then redis.call('HSET', guard, 'restoredAt', string.match(last, '^%d+')) end
  if redis.call('HEXISTS', pauses, 'ledger') == 0 then redis.call('HSET', pauses, 'ledger', now .. '|0|rolled-back|${REASON}') end
end
local function newest(events)
  local entries = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
  return entries[1] and entries[1][1] or '0-0'
end
`;
