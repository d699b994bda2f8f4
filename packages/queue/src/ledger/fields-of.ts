/**
 * The same few fields of many hashes of one shard, as one string that a script makes: for the client, as many answers of their own cost seven times as much,
 * and Redis takes little more. Changes nothing.
 */
import { chunked } from '../chunked.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

/** Redis does nothing else meanwhile, for less than a millisecond. */
const AT_ONCE = 100;

/** In the order asked. A field that is not there, or whose hash is not there, is null. */
export async function fieldsOf(store: Store, keys: readonly string[], fields: readonly string[]): Promise<(string | null)[][]> {
  const pages = await Promise.all(chunked(keys, AT_ONCE).map((some) => runScript(store, FIELDS, some, [...fields])));
  return pages.flatMap((page) => JSON.parse(String(page)) as (string | false)[][]).map((values) => values.map((value) => (value === false ? null : value)));
}

const FIELDS = script(`
local found = {}
for at, key in ipairs(KEYS) do found[at] = redis.call('HMGET', key, unpack(ARGV)) end
return cjson.encode(found)
`);
