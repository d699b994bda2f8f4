/**
 * Epoch milliseconds by the clock of a shard's Redis, which has written the times in that shard. The clocks of our machines may be hours off. On a
 * Cluster each master has a clock of its own, and a plain TIME would go to any of them.
 */
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';

export async function timeOf(shard: Pick<Store, 'redis' | 'keys'>): Promise<number> {
  return Number(await runScript(shard, TIME, [shard.keys.guard], []));
}

/** The key only says which shard is asked. */
const TIME = script(`
return tostring(now)
`);
