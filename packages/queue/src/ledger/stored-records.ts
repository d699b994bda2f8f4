/**
 * Whole records of one shard as they are stored, a page of them as one string that a script makes: for the client, as many answers of their own cost six
 * times as much. On a Cluster each record is asked for alone, as in fields-of.ts. Changes nothing.
 */
import { Cluster } from 'ioredis';
import { chunked } from '../chunked.ts';
import { answersOf } from '../redis/answers.ts';
import { recordOfPairs } from './pairs.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

export interface StoredRecord {
  fields: Record<string, string>;
  history: string[];
}

/** Redis does nothing else meanwhile, for one or two milliseconds. With the longest prompts, records of 200 KB, it is forty: JSON costs 8 ns a byte. */
const AT_ONCE = 25;

/** In the order asked. Null: the index of what was accepted does not have it. */
export async function storedRecords(store: Store, ids: readonly string[]): Promise<(StoredRecord | null)[]> {
  if (store.redis instanceof Cluster) return oneByOne(store, ids);
  const pages = await Promise.all(chunked(ids, AT_ONCE).map((some) => runScript(store, RECORDS, keysOf(store, some), [...some])));
  const found = pages.flatMap((page) => JSON.parse(String(page)) as [string | false, List, List][]);
  return found.map(([score, fields, history]) => (score === false ? null : { fields: recordOfPairs(listOf(fields)), history: listOf(history) }));
}

function keysOf({ keys }: Store, ids: readonly string[]): string[] {
  return [keys.all, ...ids.map(keys.generation), ...ids.map(keys.history)];
}

const RECORDS = script(`
local records = {}
for at, id in ipairs(ARGV) do
  records[at] = { redis.call('ZSCORE', KEYS[1], id), redis.call('HGETALL', KEYS[1 + at]), redis.call('LRANGE', KEYS[1 + #ARGV + at], 0, -1) }
end
return cjson.encode(records)
`);

async function oneByOne({ redis, keys }: Store, ids: readonly string[]): Promise<(StoredRecord | null)[]> {
  const pipeline = redis.pipeline();
  for (const id of ids) {
    pipeline.zscore(keys.all, id);
    pipeline.hgetall(keys.generation(id));
    pipeline.lrange(keys.history(id), 0, -1);
  }
  const answers = await answersOf(pipeline);
  return ids.map((_id, at) => {
    const [score, fields, history] = answers.slice(at * 3, at * 3 + 3) as [string | null, Record<string, string>, string[]];
    return score === null ? null : { fields, history };
  });
}

/** A list as a script writes it: an empty one is `{}`. */
type List = string[] | Record<string, never>;

function listOf(list: List): string[] {
  return Array.isArray(list) ? list : [];
}
