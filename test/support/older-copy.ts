/** An older copy of a test's ledger: a backup, or a replica that is behind. For tests only. */
import type { RedisConnection } from '@dailies/queue';
import { dropKeys, keysOfLedger } from './ledger.ts';

/** As the ledger is now. `comesBack` makes the ledger forget everything since. */
export async function olderCopy({ redis, tag }: { redis: RedisConnection; tag: string }): Promise<{ comesBack: () => Promise<void> }> {
  const copy = await Promise.all((await keysOfLedger({ redis, tag })).map(async (key) => [key, await redis.dumpBuffer(key)] as const));
  return {
    async comesBack() {
      await dropKeys(redis, tag);
      for (const [key, value] of copy) if (value !== null) await redis.restore(key, 0, value);
    },
  };
}
