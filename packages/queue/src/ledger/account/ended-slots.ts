/**
 * Slots past their time. A task that still runs keeps its own past its deadline, since the upstream counts it; an unresolved or canceled one does
 * not, and one without a generation (a stray, an intake that was never sealed) is nobody's. Looked at and freed in one step: a sweep that was
 * paused in the middle must not take the slot of what has been submitted since.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import { DOUBTFUL, MOVING } from '../../states.ts';
import { timeOf } from '../clock.ts';
import { luaSet } from '../lua-tables.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

interface EndedSlots {
  /** How many were past their time. */
  found: number;
  freed: number;
}

/** Of one shard: the next `most` of an account, after the first `skip` of them. */
export async function freeEndedSlots(store: Store, account: string, skip: number, most: number): Promise<EndedSlots> {
  const { redis, keys } = store;
  const ids = await redis.zrangebyscore(keys.slots(account), '-inf', await timeOf(store), 'LIMIT', String(skip), String(most));
  if (ids.length === 0) return { found: 0, freed: 0 };
  const slots = [keys.slots(account), ...PROVIDER_NAMES.map((name) => keys.slotsOf(account, name))];
  const keyList = [keys.doubtful(account), ...slots, ...ids.map(keys.generation)];
  const freed = Number(await runScript(store, FREE, keyList, [slots.length, keys.wake, account, ...ids]));
  return { found: ids.length, freed };
}

/**
 * Takes out of those of which nobody knows whether they end what is none of them any more: a worker of an older version ends an overdue one and
 * leaves it there, and each makes the learned limit one higher. Some of them at a time; there are no more than slots.
 */
export async function forgetEndedDoubts(store: Store, account: string, most: number): Promise<number> {
  const { redis, keys } = store;
  const ids = await redis.srandmember(keys.doubtful(account), most);
  if (ids.length === 0) return 0;
  return Number(await runScript(store, FORGET, [keys.doubtful(account), keys.slots(account), ...ids.map(keys.generation)], ids));
}

const FREE = script(`
local KEPT = ${luaSet([...MOVING, 'overdue'])}
local sets, freed = tonumber(ARGV[1]), 0
for i = 4, #ARGV do
  local id, endsAt = ARGV[i], redis.call('ZSCORE', KEYS[2], ARGV[i])
  local state = redis.call('HGET', KEYS[1 + sets + i - 3], 'state')
  if endsAt and tonumber(endsAt) <= now and not (state and KEPT[state]) then
    for set = 2, 1 + sets do redis.call('ZREM', KEYS[set], id) end
    redis.call('SREM', KEYS[1], id)
    freed = freed + 1
  end
end
if freed > 0 then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return freed
`);

const FORGET = script(`
local DOUBTFUL = ${luaSet(DOUBTFUL)}
local forgotten = 0
for i, id in ipairs(ARGV) do
  local state = redis.call('HGET', KEYS[2 + i], 'state')
  if not (state and DOUBTFUL[state] and redis.call('ZSCORE', KEYS[2], id)) then forgotten = forgotten + redis.call('SREM', KEYS[1], id) end
end
return forgotten
`);
