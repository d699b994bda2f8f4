/**
 * Retention: what ended long ago shrinks to a stub (id, state, task, file), which stays for ever, so that the same prompt file never pays
 * again. Nothing that still moves, and nothing that waits for a person, is ever touched: only terminal ones are in the index.
 */
import { isTerminal } from '../states.ts';
import { readGenerations } from './read.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

/** Shrinks at most `most` generations that ended before `before` (epoch milliseconds). Answers how many. */
export async function shrinkEnded(store: Store, before: number, most: number): Promise<number> {
  const { keys } = store;
  const ids = await store.redis.zrangebyscore(keys.ended, '-inf', before, 'LIMIT', '0', String(most));
  let shrunk = 0;
  for (const generation of await readGenerations(store, ids)) {
    if (generation === null || !isTerminal(generation.state)) continue;
    const keyList = [keys.generation(generation.id), keys.history(generation.id), keys.ended];
    shrunk += Number(await runScript(store, SHRINK, keyList, [generation.id, generation.seq, generation.state]));
  }
  return shrunk;
}

const SHRINK = script(`
local state, seq = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq'))
if state ~= ARGV[3] or seq ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'request', 'metadata', 'assets', 'ambiguity', 'nonce', 'sendBy', 'lane', 'lastBy', 'lastTo', 'renewedBy', 'webhook',
  'hintAt', 'hintSeen', 'quick', 'usualAt', 'offer')
redis.call('HSET', KEYS[1], 'stub', '1')
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
`);
