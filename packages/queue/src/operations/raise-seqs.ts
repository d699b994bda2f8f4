/**
 * Raises the seq of every generation of a restored shard, whatever its state: a person may send again also what has ended. What a worker still holds from
 * the lost time has a seq of that time, and it was counted on from the same one as here. Were the two ever equal, a submit or a look-up from then would
 * speak for a generation that was sent again since. It adds no job, and all that were there before are void: its caller hands over.
 */
import { script } from '../ledger/script.ts';
import { runScript, type Store } from '../ledger/store.ts';

const PAGE = 500;

/** Never the same number twice (the time does): the lost time may have begun with another restore of the same backup. One that is raised twice is no harm. */
export async function raiseSeqs(store: Store, seconds: number): Promise<void> {
  const { redis, keys } = store;
  let cursor = '0';
  do {
    const [next, found] = await redis.zscan(keys.all, cursor, 'COUNT', PAGE);
    cursor = next;
    const ids = found.filter((_, at) => at % 2 === 0);
    if (ids.length > 0) await runScript(store, RAISE, ids.map(keys.generation), [seconds]);
  } while (cursor !== '0');
}

const RAISE = script(`
for _, key in ipairs(KEYS) do
  if redis.call('HEXISTS', key, 'seq') == 1 then redis.call('HINCRBY', key, 'seq', ARGV[1]) end
end
return 1
`);
