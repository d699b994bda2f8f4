/**
 * How many webhook endpoints fail, and how many are disabled: for a metric, so it reads a bounded number of records of each shard, however many
 * endpoints fail.
 */
import type { Store } from '../ledger/store.ts';

export interface EndpointCounts {
  /** They fail, and are tried again. */
  failing: number;
  /** Nothing is sent there until a person enables them. */
  disabled: number;
}

/** Those whose last failure is longest ago are read: nothing is sent to a disabled one, so it comes to be among them however many others fail. */
const MOST_READ = 500;

/** An endpoint counts once, and as disabled if it is that in any shard: each has a record of its own. */
export async function endpointCounts(store: Store): Promise<EndpointCounts> {
  const found = (await Promise.all(store.shards.map(readShard))).flat();
  const all = new Set(found.map(({ id }) => id));
  const disabled = new Set(found.filter(({ isDisabled }) => isDisabled).map(({ id }) => id));
  return { failing: all.size - disabled.size, disabled: disabled.size };
}

async function readShard({ redis, keys }: Store): Promise<{ id: string; isDisabled: boolean }[]> {
  const ids = await redis.zrange(keys.failingEndpoints, '0', String(MOST_READ - 1));
  const records = await Promise.all(
    ids.map(async (id) => {
      const [failures, disabledAt] = await redis.hmget(keys.endpoint(id), 'failures', 'disabledAt');
      // The list may still name an endpoint whose record has expired.
      return failures === null || failures === undefined ? [] : [{ id, isDisabled: disabledAt !== null }];
    }),
  );
  return records.flat();
}
