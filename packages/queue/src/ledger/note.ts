/**
 * What a worker writes down without changing the state: observations of a poll, a hold. Fenced by seq and state, so that a worker
 * that was paused for long spoils nothing.
 */
import type { Generation, HeldReason } from '../generation.ts';
import type { State } from '../states.ts';
import { shardWith } from '../shards/routing.ts';
import { encodePatch, type Patch } from './record.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import type { GenerationRef } from './transition.ts';

/** Answers false when the generation is no longer there in that state and seq. */
export async function note(ledger: Store, generation: Pick<Generation, 'id' | 'seq' | 'state' | 'account' | 'shard'>, patch: Patch): Promise<boolean> {
  const store = shardWith(ledger, generation);
  const args = [generation.state, generation.seq, ...encodePatch(patch)];
  return (await runScript(store, NOTE, [store.keys.generation(generation.id)], args)) === 1;
}

/**
 * Holds a generation: it has no job until it is released. False: it is no longer as it was seen. The state is compared besides the seq, since
 * queued → submitting keeps the seq, and what is being sent cannot be held any more.
 */
export async function hold(ledger: Store, generation: GenerationRef & Pick<Generation, 'seq' | 'state'>, why: HeldReason): Promise<boolean> {
  const store = shardWith(ledger, generation);
  const keys = [store.keys.generation(generation.id), store.keys.held(generation.account), store.keys.heldAccounts];
  return (await runScript(store, HOLD, keys, [generation.id, generation.state, generation.seq, why, generation.account])) === 1;
}

/** Sets or clears a wish of a person (`cancelRequested`, `unwanted`) while the generation is in one of these states. `store`: the shard that has it. */
export async function flag(store: Store, id: string, states: readonly State[], patch: Patch): Promise<boolean> {
  return (await runScript(store, FLAG, [store.keys.generation(id)], [states.join(','), ...encodePatch(patch)])) === 1;
}

/** The upstream is through with a canceled task (or the deadline has passed): its slot is free. */
export async function endTask(ledger: Store, generation: GenerationRef): Promise<void> {
  const store = shardWith(ledger, generation);
  const { keys } = store;
  const { id, account, provider } = generation;
  const keyList = [keys.generation(id), keys.slots(account), keys.slotsOf(account, provider), keys.live, keys.ended, keys.doubtful(account)];
  await runScript(store, END_TASK, keyList, [id, keys.wake, account]);
}

const SET = `
local function set(key, from)
  for i = from, #ARGV, 2 do
    if ARGV[i + 1] == '\\0' then redis.call('HDEL', key, ARGV[i]) else redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
  end
end
`;

const NOTE = script(`
${SET}
local state, seq = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq'))
if state ~= ARGV[1] or seq ~= ARGV[2] then return 0 end
set(KEYS[1], 3)
return 1
`);

const HOLD = script(`
local state, seq = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq'))
if state ~= ARGV[2] or seq ~= ARGV[3] then return 0 end
-- It may have a job from before, and a worker of another account take that. What its file has dropped is released by its file alone, by no worker.
if redis.call('HGET', KEYS[1], 'held') ~= 'dropped' then redis.call('HSET', KEYS[1], 'held', ARGV[4]) end
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[5])
return 1
`);

const FLAG = script(`
${SET}
local state = redis.call('HGET', KEYS[1], 'state')
if not state or not string.find(',' .. ARGV[1] .. ',', ',' .. state .. ',', 1, true) then return 0 end
set(KEYS[1], 2)
return 1
`);

const END_TASK = script(`
if redis.call('HGET', KEYS[1], 'state') ~= 'canceled' then return 0 end
redis.call('HSET', KEYS[1], 'taskEndedAt', now)
if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], now, ARGV[1])
redis.call('SREM', KEYS[6], ARGV[1])
return 1
`);
