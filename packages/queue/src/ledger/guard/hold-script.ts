/**
 * How a shard that was rolled back is held, as a part of the scripts that do it. A hold that stands must never be changed by another one, and it has no end
 * but `dailies doctor --after-restore`.
 */
import { NEWEST_EVENT } from '../events/newest-event.ts';

/** For people. It names the command, since the dashboard shows the reason and no command beside it. */
const REASON =
  'this Redis is older than what a worker has seen of it (a restored backup, or a fail-over that lost writes): what is queued may have been paid for. '
  + '`dailies doctor --after-restore` settles it';

/** Lua: `hold_restored(pauses, guard, last)` holds every submit of the shard; `last`: its newest event of a worker. */
export const HOLD_IT = `
${NEWEST_EVENT}
local function hold_restored(pauses, guard, last)
  if redis.call('HEXISTS', guard, 'restoredAt') == 0 then redis.call('HSET', guard, 'restoredAt', string.match(last, '^%d+')) end
  if redis.call('HEXISTS', pauses, 'ledger') == 0 then redis.call('HSET', pauses, 'ledger', now .. '|0|rolled-back|${REASON}') end
end
`;
