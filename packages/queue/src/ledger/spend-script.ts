/**
 * Spend, in Lua: a transition that is billed carries `bill` (`<micros>|<currency>|<basis>|<model>`), and the counters of its provider and its
 * batch grow in the same step. A round is billed once: a file that is fetched again, or a repeated call, adds nothing.
 * The counters are estimates for people; nothing decides by them.
 */
export const SPEND = `
local function charge(k, g, bill)
  if redis.call('HGET', k.generation, 'billedRound') == g.round then return end
  local micros, currency, rest = string.match(bill, '^(%d+)|([^|]+)|(.*)$')
  if not micros then return end
  local model = string.match(rest, '|(.*)$') or ''
  local before = redis.call('HGET', k.generation, 'bill')
  local sum, same = string.match(before or '', '^(%d+)|([^|]+)|')
  local total = same == currency and tonumber(sum) + tonumber(micros) or tonumber(micros)
  redis.call('HSET', k.generation, 'billedRound', g.round, 'bill', string.format('%.0f', total) .. '|' .. currency .. '|' .. rest)
  redis.call('HINCRBY', k.counts, 'spend|' .. currency .. '|' .. model, micros)
  redis.call('HINCRBY', k.batch, 'spend|' .. currency .. '|' .. model, micros)
end
`;
