/**
 * The newest event of a shard, and the newest event of a worker, in Lua. The age of a restored copy is that of its newest event of a worker: before
 * `dailies doctor --after-restore` people may cancel and retry, and their events must not hide what workers did in the time that is lost. It is also
 * the only event that a worker remembers (rollback-guard.ts).
 *
 * A person's event writes its id into the guard (`personLast`), and the newest event of a worker before it (`workedLast`). A worker's event writes nothing,
 * so workers of an older version do no harm. In a ledger without these fields the newest event counts.
 */

/** `newest(events)`, `newest_worked(guard, events)`, and `by_person(by)`: whether a change is a person's (operations/by-person.ts). */
export const NEWEST_EVENT = `
local function newest(events)
  local entries = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
  return entries[1] and entries[1][1] or '0-0'
end
local function newest_worked(guard, events)
  local last = newest(events)
  local person, worked = unpack(redis.call('HMGET', guard, 'personLast', 'workedLast'))
  return person == last and worked or last
end
local function by_person(by)
  return string.find(by, '^%d+%.person%-') ~= nil
end
`;
