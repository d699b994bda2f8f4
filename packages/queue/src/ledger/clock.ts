/**
 * Milliseconds since the epoch, by the clock that wrote the times in a shard: that of its Redis. Those of our machines may be hours off, and on a
 * Cluster each master has its own, which a plain TIME, sent to any of them, does not tell.
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
