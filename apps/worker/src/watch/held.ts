/**
 * The watch over work that is held for its account: a worker that is not configured for it took it out of the queue (steps/desk-of.ts), and
 * whoever is gives it back. At its start a worker releases all of it (shard-cast.ts); this is for what another one holds while both are up.
 * What is held for the word of its upstream is brought to the watch over offers, never released here.
 */
import { readGenerations, release } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** What is held for other reasons stands in the same set: it is gone round, a page at a time. */
const PER_PASS = 500;

export function createHeldWatch({ store, queues, log }: Pick<WorkerContext, 'store' | 'queues' | 'log'>, accounts: readonly string[]): () => Promise<void> {
  const cursors = new Map<string, string>();
  return async () => {
    for (const account of accounts) {
      const [next, ids] = await store.redis.sscan(store.keys.held(account), cursors.get(account) ?? '0', 'COUNT', PER_PASS);
      cursors.set(account, next);
      const released = await release(store, queues, ids, ['origin']);
      // Its release, or the note that it is to be asked about, may have been cut short.
      for (const one of await readGenerations(store, ids)) if (one?.held === 'offered') await store.redis.sadd(store.keys.offered, one.id);
      if (released > 0) log.info({ account, released }, 'released: another worker held it for one of this account');
    }
  };
}
