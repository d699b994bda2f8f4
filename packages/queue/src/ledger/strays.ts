/**
 * Strays: paid tasks that came too late to be their generation's own (learn.ts). A stray holds a slot of its own while it may still run, is polled now
 * and then, and stays recorded with its generation for ever, unless a person makes it the generation's own task. Nothing here changes the state of a
 * generation. Lists are those of one shard.
 */
import type { Stray } from '../generation.ts';
import { shardWith } from '../shards/routing.ts';
import { readGeneration } from './read.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import type { GenerationRef } from './transition.ts';

/** Ids of generations with a stray that is due to be looked at, after the first `skip` of them. */
export async function dueStrays(store: Store, now: number, most: number, skip = 0): Promise<string[]> {
  return store.redis.zrangebyscore(store.keys.strays, '-inf', now, 'LIMIT', String(skip), String(most));
}

export async function lookAgainAt(store: Store, id: string, at: number): Promise<void> {
  await store.redis.zadd(store.keys.strays, 'XX', at, id);
}

/** Once no stray of the generation runs any more, it is not looked at again. One may have come (learn.ts) since the caller saw none: then it stays listed. */
export async function forgetStrays(store: Store, id: string): Promise<void> {
  await runScript(store, FORGET_STRAYS, [store.keys.strays, store.keys.generation(id)], [id]);
}

type StrayEnd = Required<Pick<Stray, 'endedAt' | 'outcome'>> & Pick<Stray, 'source'>;

/** Writes down how a stray ended, and frees its slot. */
export async function endStray(ledger: Store, generation: GenerationRef, stray: Stray, end: StrayEnd): Promise<void> {
  const store = shardWith(ledger, generation);
  const { keys } = store;
  const keyList = [keys.generation(generation.id), keys.slots(generation.account), keys.slotsOf(generation.account, generation.provider)];
  const args = [JSON.stringify(stray), JSON.stringify({ ...stray, ...end }), `${generation.id}#${stray.taskKey}`, keys.wake, generation.account];
  await runScript(store, END_STRAY, keyList, args);
}

/** A person has given a stray as the generation's own task: it is no stray any more, and gives up the second slot that it held as one. */
export async function ownStray(ledger: Store, generation: GenerationRef, taskKey: string): Promise<void> {
  const store = shardWith(ledger, generation);
  const { keys } = store;
  const { strays = [] } = (await readGeneration(store, generation.id)) ?? {};
  const keyList = [keys.generation(generation.id), keys.slots(generation.account), keys.slotsOf(generation.account, generation.provider)];
  for (const stray of strays.filter((one) => one.taskKey === taskKey)) {
    await runScript(store, OWN_STRAY, keyList, [JSON.stringify(stray), taskKey, `${generation.id}#${taskKey}`, keys.wake, generation.account]);
  }
}

const FORGET_STRAYS = script(`
for _, stray in ipairs(cjson.decode(redis.call('HGET', KEYS[2], 'strays') or '[]')) do
  if not stray.endedAt then return 0 end
end
return redis.call('ZREM', KEYS[1], ARGV[1])
`);

const OWN_STRAY = script(`
local own, strays = unpack(redis.call('HMGET', KEYS[1], 'taskKey', 'strays'))
if own ~= ARGV[2] or not strays then return 0 end
local from, to = string.find(strays, ARGV[1], 1, true)
if not from then return 0 end
if string.sub(strays, to + 1, to + 1) == ',' then
  to = to + 1
elseif string.sub(strays, from - 1, from - 1) == ',' then
  from = from - 1
end
local others = string.sub(strays, 1, from - 1) .. string.sub(strays, to + 1)
if others == '[]' then redis.call('HDEL', KEYS[1], 'strays') else redis.call('HSET', KEYS[1], 'strays', others) end
if redis.call('ZREM', KEYS[2], ARGV[3]) == 1 then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
redis.call('ZREM', KEYS[3], ARGV[3])
return 1
`);

const END_STRAY = script(`
local strays = redis.call('HGET', KEYS[1], 'strays')
if not strays then return 0 end
local from, to = string.find(strays, ARGV[1], 1, true)
if from then redis.call('HSET', KEYS[1], 'strays', string.sub(strays, 1, from - 1) .. ARGV[2] .. string.sub(strays, to + 1)) end
if redis.call('ZREM', KEYS[2], ARGV[3]) == 1 then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
redis.call('ZREM', KEYS[3], ARGV[3])
return 1
`);
