/**
 * What all workers have seen of how long tasks take, by kind: one hash, the last 200 sightings of at most 256 kinds, a few hundred bytes each. The work is
 * constant, and what requests name (models, durations) cannot make it grow. A statistic: no transition depends on it, and losing it costs some polls.
 */
import { decodeSightings, encodeSightings, type Sighting } from '../../pacing/sighting.ts';
import { script } from '../script.ts';
import { runScript, type Store } from '../store.ts';

const KEPT = 200;
const MOST_KINDS = 256;

/** `mark`: a random word for this call, so that a repetition (ioredis sends again) changes nothing. */
export async function rememberSightings(store: Store, mark: string, seen: ReadonlyMap<string, readonly Sighting[]>): Promise<void> {
  const { sightings, sightingKinds, sightingMarks } = store.keys;
  const length = encodeSightings([{ afterMs: 0, byMs: 1 }]).length;
  const pairs = [...seen].flatMap(([kind, ones]) => [kind, encodeSightings(ones)]);
  await runScript(store, REMEMBER, [sightings, sightingKinds, sightingMarks], [mark, KEPT * length, MOST_KINDS, ...pairs]);
}

/** Oldest first. */
export async function readSightings(store: Store, kind: string): Promise<Sighting[]> {
  return decodeSightings((await store.redis.hget(store.keys.sightings, kind)) ?? '');
}

const REMEMBER = script(`
if redis.call('LPOS', KEYS[3], ARGV[1]) then return 0 end
redis.call('LPUSH', KEYS[3], ARGV[1])
redis.call('LTRIM', KEYS[3], 0, 99)
for i = 4, #ARGV, 2 do
  local all = (redis.call('HGET', KEYS[1], ARGV[i]) or '') .. ARGV[i + 1]
  redis.call('HSET', KEYS[1], ARGV[i], string.sub(all, -tonumber(ARGV[2])))
  redis.call('ZADD', KEYS[2], now, ARGV[i])
end
for _, kind in ipairs(redis.call('ZRANGE', KEYS[2], 0, -tonumber(ARGV[3]) - 1)) do
  redis.call('HDEL', KEYS[1], kind)
  redis.call('ZREM', KEYS[2], kind)
end
return 1
`);
