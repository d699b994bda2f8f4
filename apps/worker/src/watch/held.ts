/**
 * The watch over generations that are held for a worker of their account. A worker that is not configured for the account has taken them out of the
 * queue (steps/upstream-of.ts); a worker that is gives them back. It releases all of them when it starts (shard-cast.ts); this watch is for what the other
 * worker holds while both run. A generation that is held for an offer is brought to the watch over offers, never released here.
 */
import { readGenerations, release } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** Ids of one look. What is held for other reasons is in the same set, so the looks go round it, a page at a time. */
const PER_PASS = 500;

export function createHeldWatch({ store, queues, log }: Pick<WorkerContext, 'store' | 'queues' | 'log'>, accounts: readonly string[]): () => Promise<void> {
  const cursors = new Map<string, string>();
  return async () => {
    for (const account of accounts) {
      const [next, ids] = await store.redis.sscan(store.keys.held(account), cursors.get(account) ?? '0', 'COUNT', PER_PASS);
      cursors.set(account, next);
      const released = await release(store, queues, ids, ['origin']);
      // A crash may have come before its release, or before the watch over offers was told of it: it is told again.
      for (const one of await readGenerations(store, ids)) if (one?.held === 'offered') await store.redis.sadd(store.keys.offered, one.id);
      if (released > 0) log.info({ account, released }, 'released: another worker held it for one of this account');
    }
  };
}
