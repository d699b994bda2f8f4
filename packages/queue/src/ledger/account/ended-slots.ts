/**
 * Frees slots that are past their time. A generation that still moves, or is overdue, keeps its slot past its deadline, since the upstream counts its
 * task; one that is unresolved or canceled does not; and a slot without a generation (of a stray, or of an intake that was never sealed) is freed. Slots
 * are looked at and freed in one step: a sweep that was paused in the middle must not free the slot of what has been submitted since.
 */
import { PROVIDER_NAMES } from '@dailies/providers';
import { MOVING } from '../../states.ts';
import { timeOf } from '../clock.ts';
import { luaSet } from '../lua-tables.ts';
import { script } from '../script.ts';
import { IS_DOUBTFUL } from './is-doubtful-script.ts';
import { runScript, type Store } from '../store.ts';

interface EndedSlots {
  /** How many were past their time. */
  found: number;
  freed: number;
}

/** Looks at the next `most` slots of an account that are past their time, after the first `skip` of them. Of one shard. */
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
 * Takes generations out of the set of doubtful ones that are not doubtful any more, or hold no slot: a worker of an older version may have ended an
 * overdue one and left it there, and each makes the learned limit one higher. Looks at `most` of them, at random; there are no more of them than slots.
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
${IS_DOUBTFUL}
local forgotten = 0
for i, id in ipairs(ARGV) do
  local state = redis.call('HGET', KEYS[2 + i], 'state')
  if not (state and is_doubtful(KEYS[2 + i], state) and redis.call('ZSCORE', KEYS[2], id)) then forgotten = forgotten + redis.call('SREM', KEYS[1], id) end
end
return forgotten
`);
