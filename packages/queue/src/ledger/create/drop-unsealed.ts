/**
 * Takes away what an intake of one shard wrote and never sealed: nobody was told that it is accepted. It must never take away a generation that was
 * accepted since under the same id, or one that a younger intake has written over it and is about to seal. So each record is looked at and deleted in one
 * step.
 */
import { chunked } from '../../chunked.ts';
import { answersOf } from '../../redis/answers.ts';
import { timeOf } from '../clock.ts';
import { script } from '../script.ts';
import { idsOf, isOfSeveral } from './settle-intakes.ts';
import { runScript, type Store } from '../store.ts';

const INTAKES = 10;
const PAGE = 500;

/** Takes away intakes that began more than `ageMs` ago, a few at a time. Answers how many. */
export async function dropUnsealed(store: Store, ageMs: number): Promise<number> {
  const { redis, keys } = store;
  // By the clock of Redis, which wrote the times: by one that is hours ahead, an intake would be old while it is being written.
  const tokens = await redis.zrangebyscore(keys.intakes, '-inf', (await timeOf(store)) - ageMs, 'LIMIT', '0', String(INTAKES));
  for (const token of tokens) {
    // Whether one over several shards was decided is asked in its home (settle-intakes.ts).
    if (isOfSeveral(store.whole, token)) continue;
    for (const ids of chunked(await idsOf(store, token), PAGE)) await runScript(store, DROP, [keys.all, ...ids.map(keys.generation)], [ageMs, ...ids]);
    // In one step: a seal that found the token, but no list, would accept an empty batch.
    await answersOf(redis.multi().zrem(keys.intakes, token).del(keys.intake(token)));
  }
  return tokens.length;
}

/** A record does not say which intake wrote it. One that was written within `ageMs` was written by another intake than this one, and stays. */
const DROP = script(`
for i = 2, #ARGV do
  local writtenAt = tonumber(redis.call('HGET', KEYS[i], 'changedAt') or '0')
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) and writtenAt <= now - tonumber(ARGV[1]) then redis.call('DEL', KEYS[i]) end
end
return 1
`);
