/**
 * The casts of a worker, one for each shard of the ledger (shard-cast.ts), started, asked and ended together. None of them takes a job before all of them
 * are open.
 */
import { formerShards, holdTogether, type Store } from '@dailies/queue';
import type { Connections } from './connections.ts';
import type { WorkerContext } from './context.ts';
import { upstreamsOfShard } from './upstreams.ts';
import { createDownloadPlaces, deliveriesFor } from './download/download-places.ts';
import { type ShardCast, type ShardParts, createShardCast } from './shard-cast.ts';
import type { DownloadParts } from './steps/download.ts';
import { createWake } from './watch/wake.ts';

/** What the casts share. */
export interface CastsParts extends Omit<ShardParts, 'jobs' | 'wake' | 'downloads' | 'deliveries'> {
  connections: Connections;
  downloads: Omit<DownloadParts, 'places'>;
}

export interface ShardCasts {
  /** Resolves when every queue is being served. */
  start(): Promise<void>;
  /** Epoch milliseconds at which the slowest of their watches last came to the end of a turn; before the start: Infinity. */
  turnedAt(): number;
  /** What is due and not taken. */
  faults(): string[];
  /** Generations whose paid request is under way. */
  submitting(): string[];
  flushWebhooks(mostMs: number): Promise<number>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<unknown>;
  /** Writes the ledger marks to their files; works also while Redis is away. */
  writeMarks(): Promise<void>;
  close(): Promise<unknown>;
}

const MOST_DOWNLOADS = 16;
const FEW_DOWNLOADS = 2;

export function createShardCasts(parts: CastsParts): ShardCasts {
  const { context } = parts;
  const { store, log } = context;
  let casts: ShardCast[] = [];
  return {
    async start() {
      casts = await castShards(parts);
      await Promise.all(casts.map((cast) => cast.open()));
      // Before any shard submits: where one was found to be rolled back, the others of its server are held too.
      await holdTogether(store);
      await Promise.all(casts.map((cast) => cast.start()));
    },
    turnedAt: () => Math.min(...casts.map((cast) => cast.turnedAt())),
    faults: () => casts.map((cast) => cast.fault()).filter((fault) => fault !== null),
    submitting: () => casts.flatMap((cast) => cast.submitting()),
    async flushWebhooks(mostMs) {
      // All shards publish before any of them waits: the last generation of a batch may end in one shard, and the home of the batch tells of its end.
      await Promise.all(casts.map((cast) => cast.publishWebhooks()));
      const waiting = await Promise.all(casts.map((cast) => cast.flushWebhooks(mostMs)));
      return waiting.reduce((sum, count) => sum + count, 0);
    },
    idle: () => Promise.allSettled(casts.map((cast) => cast.idle())),
    async writeMarks() {
      await Promise.all(casts.map((cast) => cast.writeMark().catch((error: unknown) => log.warn({ err: error }, 'the ledger mark was not written'))));
    },
    close: () => Promise.allSettled(casts.map((cast) => cast.close())),
  };
}

async function castShards({ connections, downloads, ...shared }: CastsParts): Promise<ShardCast[]> {
  const { context, upstreams } = shared;
  const { config, store } = context;
  const former = await formerShards(store);
  const wake = createWake(connections.open('wake'), store);
  await wake.start();
  const jobs = connections.open('jobs');
  const atOnce = Math.min(MOST_DOWNLOADS, config.workerConcurrency);
  const places = createDownloadPlaces(atOnce);
  return store.shards.map((shard) => {
    const ofShard = upstreamsOfShard(store, shard, upstreams, former);
    // In a shard where no account of this worker lives there is little to download.
    const deliveries = deliveriesFor(ofShard.length === 0 ? Math.min(FEW_DOWNLOADS, atOnce) : atOnce);
    return createShardCast({ ...shared, jobs, wake, downloads: { ...downloads, places }, deliveries, context: contextOf(context, shard), upstreams: ofShard });
  });
}

function contextOf(context: WorkerContext, shard: Store): WorkerContext {
  if (context.store.shards.length === 1) return context;
  return { ...context, store: shard, queues: context.queues.of(shard.number), log: context.log.child({ shard: shard.number }) };
}
