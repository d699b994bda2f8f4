/** Everything that a Redis server holds, of every type and every key, as texts with their places: names of keys and fields are texts too. */
import type { Redis } from 'ioredis';

export interface PlacedText {
  /** `<key>`, or `<key> <field>` of a hash. */
  place: string;
  text: string;
}

export async function redisTexts(redis: Redis): Promise<PlacedText[]> {
  const found: PlacedText[] = [];
  for await (const keys of redis.scanStream({ count: 1000 }) as AsyncIterable<string[]>) {
    for (const key of new Set(keys)) {
      found.push({ place: 'the name of a key', text: key });
      found.push(...(await textsOf(redis, key)).map((one) => ({ place: `${key}${one.place}`, text: one.text })));
    }
  }
  return found;
}

async function textsOf(redis: Redis, key: string): Promise<PlacedText[]> {
  const whole = (value: unknown): PlacedText[] => [{ place: '', text: JSON.stringify(value) }];
  const type = await redis.type(key);
  switch (type) {
    case 'hash':
      return Object.entries(await redis.hgetall(key)).map(([field, text]) => ({ place: ` ${field}`, text: `${field} ${text}` }));
    case 'string':
      return whole(await redis.get(key));
    case 'list':
      return whole(await redis.lrange(key, 0, -1));
    case 'set':
      return whole(await redis.smembers(key));
    case 'zset':
      return whole(await redis.zrange(key, '0', '-1', 'WITHSCORES'));
    case 'stream':
      return whole(await redis.xrange(key, '-', '+'));
    case 'none':
      // Gone between the scan and the look.
      return [];
    default:
      throw new Error(`${key} is a ${type}, which nobody here searches.`);
  }
}
