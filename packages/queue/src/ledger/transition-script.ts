/**
 * The transition, in Lua: compare and set, in one step with all that a change of state changes (apply-script.ts).
 * It must stay repeatable (a resent call answers `mine` and changes nothing) and must declare every key it touches.
 */
import { APPLY } from './apply-script.ts';
import { ROLLED_BACK } from './guard/rollback-guard.ts';
import { LET_GO_OF_IMAGES } from './images.ts';
import { script } from './script.ts';
import { named } from './script-words.ts';
import { FAIR_TURNS } from './turns/fair-turns-script.ts';

/** What the script is told, in this order. The fields of the patch come after it. `named_keys` takes `wake`, which must be the first. */
export const TRANSITION_WORDS = [
  'wake', 'id', 'account', 'from', 'to', 'by', 'expected', 'seqBy', 'slot', 'slotUntil', 'terminal', 'note', 'taskKey', 'reservation', 'limit', 'limitOf',
  'scopes', 'mark', 'again', 'untold', 'insteadOf',
] as const;

export const TRANSITION = script(`
${APPLY}
${FAIR_TURNS}
${LET_GO_OF_IMAGES}
${ROLLED_BACK}
local k = named_keys()
${named(TRANSITION_WORDS)}
local c = { id = id, account = account, to = to, by = by, seqBy = seqBy, slot = slot, slotUntil = slotUntil, terminal = terminal, note = note,
  scopes = scopes, untold = untold, patch = { unpack(ARGV, ${TRANSITION_WORDS.length + 1}) } }

local g = read_fields(k.generation)
if not g.state then return { 'gone' } end
if g.state == c.to and g.lastBy == c.by then return { 'mine', g.seq, tostring(now), '', g.held and '1' or '' } end
if c.to == 'queued' and g.state == 'canceled' and g.lastBy == c.by then return { 'canceled' } end
if not string.find(',' .. from .. ',', ',' .. g.state .. ',', 1, true) or (expected ~= '' and expected ~= g.seq) then
  return { 'lost', g.state, g.seq }
end

-- A person may have said so after the worker has read it: its seq stays the same. Said of what is paid; a new round of an older version may have it still.
local is_paid = g.state == 'rendering' or g.state == 'overdue'
if g.unwanted == '1' and is_paid and (c.to == 'queued' or c.to == 'canceled' and not by_person(c.by)) then return { 'unwanted' } end
if c.to == 'submitting' then
  c.slotUntil = now + tonumber(c.slotUntil)
  -- A held generation may still have a job from before; it is not submitted.
  if g.held then return { 'refused', 'held' } end
  -- It has an open offer: the callback that named a task knew the nonce of an earlier submit, so that may have been accepted and paid for. It is held
  -- until the upstream was asked about the task (the worker's watch over offers).
  if g.offer and g.offer ~= g.offerSeen then
    redis.call('HSET', k.generation, 'held', 'offered')
    redis.call('SADD', k.held, c.id)
    redis.call('SADD', k.heldAccounts, c.account)
    return { 'refused', 'offered' }
  end
  if redis.call('HGET', k.batch, 'attended') == '1' and redis.call('ZCOUNT', k.attended, now, '+inf') == 0 then
    redis.call('HSET', k.generation, 'held', 'unattended')
    redis.call('SADD', k.held, c.id)
    redis.call('SADD', k.heldAccounts, c.account)
    return { 'refused', 'unattended' }
  end
  rolled_back(k.pauses, k.guard, k.events, mark)
  local reserved = redis.call('ZREM', k.reserved, reservation) == 1
  for _, pause in ipairs(pauses_of(k.pauses, c.scopes)) do
    -- A reservation under an empty balance is a probe (reservation.ts).
    if pause and not (reserved and string.find(pause, '^%d+|%d|quota|')) then return { 'refused', 'paused' } end
  end
  if not reserved then
    local taken = redis.call('ZCARD', k.slots) + redis.call('ZCOUNT', k.reserved, now, '+inf')
    if taken >= tonumber(limit) or redis.call('ZCARD', k.slotsOf) >= tonumber(limitOf) then return { 'refused', 'full' } end
  end
end

if taskKey ~= '' then
  local owner = redis.call('HGET', k.tasks, taskKey)
  if owner and owner ~= c.id then return { 'taken', owner } end
  redis.call('HSET', k.tasks, taskKey, c.id)
elseif g.state == 'submitting' and c.to == 'ambiguous' then
  -- A full Redis refuses a script by its first write, and only where that may need memory: this one, not the HDEL of \`apply\`. So it takes no judgement
  -- of a submit whose task it does not take. It takes that a submit was not accepted, which a stop would forget.
  redis.call('HSET', k.generation, 'seq', g.seq)
end
-- The former task, given by a person, was mistyped and never this generation's: the generation that it belongs to may claim it.
if insteadOf ~= '' and redis.call('HGET', k.tasks, insteadOf) == c.id then redis.call('HDEL', k.tasks, insteadOf) end
-- What a person wishes to cancel is not put back: nothing is paid. In one step, since no submit step may come to cancel it while its account is paused.
if c.to == 'queued' and g.cancelRequested == '1' and not by_person(c.by) then
  if g.state ~= 'submitting' then
    -- No arrow leads from a doubt to canceled.
    apply(k, g, c)
    g, c.patch = read_fields(k.generation), {}
  end
  c.to, c.seqBy, c.slot, c.terminal, c.note = 'canceled', '0', 'free', '1', 'canceled: it was never accepted'
  for _, word in ipairs({ 'cancelRequested', '\\0', 'unwanted', '\\0', 'finishedAt', now }) do c.patch[#c.patch + 1] = word end
  apply(k, g, c)
  return { 'canceled' }
end
if again == '1' then
  -- In a lane beside that of its batch: so it takes turns with the rest of the batch, instead of standing behind all of it, or, with its old turn, before
  -- everything.
  c.patch[#c.patch + 1] = 'turn'
  c.patch[#c.patch + 1] = next_turn(fair_queue({ turns = k.turns, lanes = k.lanes }, g.class or '0', (g.lane or '') .. ':again', false), true)
  write_turns()
end
local seq = tostring(apply(k, g, c))
let_go_of_images(c.id, #KEY_NAMES + 1)
return { 'won', seq, tostring(now), event_id, c.held or '' }
`);
