/**
 * Deletes images that were stored for an intake which was refused, or died, before it was through: up to 10 MB each, and no generation carries them.
 * Images are stored before the generations that carry them. So each use of an image is recorded with its time, and looked at a day later: by then the
 * generation is there, or never comes. It must never delete an image that a generation carries, nor one whose intake is still being written: storing an
 * image again for the same generation begins its day anew.
 */
import { imageKeysIn } from './images.ts';
import { script } from './script.ts';
import { timeOf } from './clock.ts';
import { runScript, type Store } from './store.ts';

/** Looks at no more than `most` uses that are older than `ageMs`. Answers how many of them no generation carries. */
export async function dropUnusedImages(store: Store, ageMs: number, most: number): Promise<number> {
  const { redis, keys } = store;
  // By the clock that wrote them.
  const uses = await redis.zrangebyscore(keys.imageUses, '-inf', (await timeOf(store)) - ageMs, 'LIMIT', '0', String(most));
  if (uses.length === 0) return 0;
  const keyList = uses.flatMap((use) => {
    const [reference = '', id = ''] = use.split(' ', 2);
    return [...imageKeysIn(store, reference), keys.generation(id)];
  });
  return Number(await runScript(store, DROP, [keys.imageUses, keys.all, ...keyList], [ageMs, ...uses]));
}

const DROP = script(`
local uses, all, dropped = KEYS[1], KEYS[2], 0
for i = 2, #ARGV do
  local use = ARGV[i]
  local image, users, generation = unpack(KEYS, 3 * i - 3, 3 * i - 1)
  local reference, id = string.match(use, '^(%S+) (.+)$')
  local usedAt = redis.call('ZSCORE', uses, use)
  if usedAt and tonumber(usedAt) <= now - tonumber(ARGV[1]) then
    local request = redis.call('HGET', generation, 'request')
    local carries = request and string.find(request, reference, 1, true)
    if carries and not redis.call('ZSCORE', all, id) then
      -- The generation is of an intake that is not sealed yet: looked at again when that is sealed, or taken away.
      redis.call('ZADD', uses, now, use)
    else
      redis.call('ZREM', uses, use)
      if not carries and redis.call('SREM', users, id) == 1 then
        dropped = dropped + 1
        if redis.call('EXISTS', users) == 0 then redis.call('DEL', image) end
      end
    end
  end
end
return dropped
`);
