/**
 * Retention: a generation that ended long ago shrinks to a stub (id, state, task, file), which stays for ever, so that the same prompt file never pays
 * again. A stub lets go of its images, since it is never submitted again. Nothing that still moves, and nothing that waits for a person, is ever touched:
 * only terminal generations are in the index.
 */
import { chunked } from '../../chunked.ts';
import type { Generation } from '../../generation.ts';
import { isTerminal } from '../../states.ts';
import { timeOf } from '../clock.ts';
import { imageKeysIn, LET_GO_OF_IMAGES } from '../images.ts';
import { readGenerations } from '../read.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

/** Shrinks at most `most` generations that ended `keptMs` ago or earlier. Answers how many. */
export async function shrinkEnded(store: Store, keptMs: number, most: number): Promise<number> {
  const { keys } = store;
  // By the clock that is behind, ours or Redis': by one that is days ahead, young generations would lose what a retry needs.
  const now = Math.min(Date.now(), await timeOf(store));
  const ids = await store.redis.zrangebyscore(keys.ended, '-inf', now - keptMs, 'LIMIT', '0', String(most));
  let shrunk = 0;
  // Together, since each for itself would wait for a sync of the disk.
  for (const some of chunked(await readGenerations(store, ids), TOGETHER)) {
    const ended = some.filter((generation): generation is Generation => generation !== null && isTerminal(generation.state));
    const answers = await Promise.all(ended.map((generation) => shrink(store, generation)));
    shrunk += answers.filter((answer) => answer === 1).length;
  }
  return shrunk;
}

/** No more than Redis does in some milliseconds: polls and submits go on beside it. */
const TOGETHER = 100;

function shrink(store: Store, { id, seq, state, request }: Generation): Promise<unknown> {
  const { keys } = store;
  return runScript(store, SHRINK, [keys.generation(id), keys.history(id), keys.ended, ...imageKeysIn(store, request)], [id, seq, state]);
}

const SHRINK = script(`
${LET_GO_OF_IMAGES}
local state, seq = unpack(redis.call('HMGET', KEYS[1], 'state', 'seq'))
if state ~= ARGV[3] or seq ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'request', 'metadata', 'assets', 'ambiguity', 'nonce', 'sentWith', 'sendBy', 'lane', 'lastBy', 'lastTo', 'renewedBy', 'webhook',
  'hintAt', 'hintSeen', 'quick', 'usualAt', 'offer', 'offerSeen')
redis.call('HSET', KEYS[1], 'stub', '1')
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
let_go_of_images(ARGV[1], 4)
return 1
`);
