/**
 * Lua: `is_doubtful(key, state)`: whether the slot of a generation in this state says nothing about how many tasks its account takes. It is in doubt, or
 * it is polled, canceled or not, for a task that a person gave and that may be mistyped (operations/given-task.ts).
 */
import { DOUBTFUL } from '../../states.ts';
import { luaSet } from '../lua-tables.ts';

export const IS_DOUBTFUL = `
local DOUBTFUL = ${luaSet(DOUBTFUL)}
local function is_doubtful(key, state)
  if state ~= 'rendering' and state ~= 'canceled' then return DOUBTFUL[state] == true end
  local task, given, files = unpack(redis.call('HMGET', key, 'taskKey', 'givenTask', 'files'))
  return given and given == task and not files
end
`;
