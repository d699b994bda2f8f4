/**
 * The newest event of a shard, and the newest that a person has not made, in Lua. A restored copy is as old as the latter: between its start and
 * `dailies doctor --after-restore` people may cancel and retry, and that must not hide what workers did in the time that is gone. It is also all
 * that a worker remembers (rollback-guard.ts).
 *
 * A person's event leaves in the guard which one it is (`personLast`) and what the newest was before people began (`workedLast`). A worker's
 * writes nothing, so one of an older version beside it is no harm; nor is a ledger without these fields: there the newest event counts.
 */

/** `newest(events)`, `newest_worked(guard, events)`, and `by_person(by)`: whether a change is a person's (operations/desk.ts). */
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
