/**
 * Checks that every ledger script which a test runs in its own process uses only the keys that it declares. Redis itself notices an undeclared key only
 * while a slot moves, and then in the middle of the script, after its first writes. Here a script that uses another key always ends with an error.
 */
import { createHash } from 'node:crypto';
import { vi } from 'vitest';
import type * as Scripts from '../../packages/queue/src/ledger/script.ts';

vi.mock('../../packages/queue/src/ledger/script.ts', async (importOriginal) => {
  const { script } = await importOriginal<typeof Scripts>();
  return {
    script(lua: string) {
      const whole = `${HELD}\n${script(lua).lua}`;
      return { lua: whole, sha1: createHash('sha1').update(whole).digest('hex') };
    },
  };
});

const HELD = `
local declared = {}
for _, key in ipairs(KEYS) do declared[key] = true end
local keyless = { TIME = true, PUBLISH = true }
local of_keys_only = { DEL = true, EXISTS = true, UNLINK = true }
local function held(call)
  return function(command, ...)
    local touched = keyless[command] and 0 or of_keys_only[command] and select('#', ...) or 1
    for at = 1, touched do
      local key = select(at, ...)
      if not declared[key] then error(command .. ' touches a key that the script does not declare: ' .. tostring(key)) end
    end
    return call(command, ...)
  end
end
local redis = setmetatable({ call = held(redis.call), pcall = held(redis.pcall) }, { __index = redis })
`;
