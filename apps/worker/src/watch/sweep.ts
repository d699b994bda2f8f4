/**
 * The sweep: repairs what a crash between two writes left behind. One worker at a time, bounded per pass, and every repair is a
 * compare-and-set, so a sweep that was paused in the middle changes nothing that has moved on.
 */
import { randomUUID } from 'node:crypto';
import { PROVIDER_NAMES } from '@dailies/providers';
import { StoreError } from '@dailies/results';
import { dropUnsealed, dropUnusedImages, forgetEndedDoubts, freeEndedSlots, rebase, repair, settleIntakes, shrinkEnded, timeOf } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import type { BatchFolders } from '../folder/batch-folder.ts';
import { replayRescueFiles } from '../submit/rescue.ts';
import { createResultExpiry } from './expire-results.ts';

const LOCK_MS = 30_000;
const PER_PASS = 500;
/** A generation that has just changed gets its job in this moment; only one that has not changed for so long may be stuck. */
const RESTED_MS = 30_000;
const UNSEALED_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;
/** No page is shrunk later than that in a pass: the other work of the sweep waits meanwhile. */
const SHRINK_MS = 2_000;
const CLEAN_EVERY_MS = 600_000;
/** No upload takes that long: a piece without progress is given up after a minute. */
const UPLOAD_STALE_MS = DAY_MS;
const UPLOADS_EVERY_MS = 3_600_000;

export interface Sweep {
  pass(): Promise<void>;
}

export function createSweep(context: WorkerContext, accounts: readonly string[], folders: Pick<BatchFolders, 'touch'>): Sweep {
  const { store, log } = context;
  const token = randomUUID();
  let cursor = '0';
  /** By account: how many slots past their time, from the front, were looked at and keep theirs. The next pass begins behind them. */
  const passedOver = new Map<string, number>();
  let cleanAt = 0;
  let uploadsAt = 0;
  const expiry = createResultExpiry(context, folders);

  async function pass(): Promise<void> {
    const lock = store.keys.sweepLock;
    if ((await store.redis.set(lock, token, 'PX', LOCK_MS, 'NX')) === null) return;
    try {
      const repaired = await repairRested();
      const freed = await freeSlots();
      // Only a ledger of several shards has intakes that are decided in one shard and sealed in others.
      const settled = store.whole.shards.length > 1 ? await settleIntakes(store) : 0;
      const intakes = settled + (await dropUnsealed(store, UNSEALED_MS));
      const images = await dropUnusedImages(store, DAY_MS, PER_PASS);
      if (images > 0) log.info({ images }, 'images of what was never accepted: let go');
      const rescued = await replayRescueFiles(context);
      if (repaired + freed + intakes + rescued > 0) log.warn({ repaired, freed, intakes, rescued }, 'repaired what a crash left');
      const shrunk = await retain();
      if (shrunk.generations + shrunk.jobs > 0) log.info(shrunk, 'past their retention: shrunk, removed');
      await moveTurns();
      await expiry.pass();
      await dropUploads();
    } finally {
      if ((await store.redis.get(lock)) === token) await store.redis.del(lock);
    }
  }

  /** Repairs generations without a job that will still run. The passes go round all that are alive, a page each. */
  async function repairRested(): Promise<number> {
    const [next, found] = await store.redis.zscan(store.keys.live, cursor, 'COUNT', PER_PASS);
    cursor = next;
    // By the clock of Redis, which wrote these times: by a clock that is hours behind, none of them would have rested.
    const before = (await timeOf(store)) - RESTED_MS;
    const rested = found.filter((_, at) => at % 2 === 0 && Number(found[at + 1]) < before);
    return rested.length === 0 ? 0 : repair(store, context.queues, rested);
  }

  async function freeSlots(): Promise<number> {
    let freed = 0;
    for (const account of accounts) {
      const skip = passedOver.get(account) ?? 0;
      const ended = await freeEndedSlots(store, account, skip, PER_PASS);
      freed += ended.freed;
      // Hundreds of slots that are kept must not hide one that can be freed: the next pass begins behind them, and at the end of the list from the front.
      passedOver.set(account, ended.found < PER_PASS ? 0 : skip + ended.found - ended.freed);
      const forgotten = await forgetEndedDoubts(store, account, PER_PASS);
      if (forgotten > 0) log.info({ account, forgotten }, 'ended, and still counted as in doubt: forgotten');
    }
    return freed;
  }

  /** Keeps a queue that never drains within the priorities that BullMQ can sort (queues/rebase.ts). */
  async function moveTurns(): Promise<void> {
    for (const provider of PROVIDER_NAMES) {
      if (context.config.providers[provider].account === null) continue;
      const moved = await rebase(store, context.queues, provider);
      if (moved > 0) log.info({ provider, moved }, 'those who wait moved to the front of the range of turns, in their order');
    }
  }

  /** Retention of the ledger and of jobs: old generations shrink to a stub; old jobs, which are only schedules, are removed. */
  async function retain(): Promise<{ generations: number; jobs: number }> {
    const { ledgerDays, jobDays } = context.config.retention;
    let generations = 0;
    let jobs = 0;
    // Whole pages, while there are such: a ledger that takes in a hundred a second has a thousand to shrink in each pass.
    const until = performance.now() + SHRINK_MS;
    for (let left = ledgerDays > 0; left && performance.now() < until;) {
      const shrunk = await shrinkEnded(store, ledgerDays * DAY_MS, PER_PASS);
      generations += shrunk;
      left = shrunk === PER_PASS;
    }
    if (jobDays > 0 && Date.now() >= cleanAt) {
      cleanAt = Date.now() + CLEAN_EVERY_MS;
      for (const queue of context.queues.all()) {
        for (const kind of ['completed', 'failed'] as const) jobs += (await queue.clean(jobDays * DAY_MS, PER_PASS, kind)).length;
      }
    }
    return { generations, jobs };
  }

  /** Ends uploads into the bucket that nobody will finish: most listings do not show them, and they are billed. If the bucket is away, the next time. */
  async function dropUploads(): Promise<void> {
    // Shard 0 does it for all shards: there is one bucket.
    if (store.number > 0 || Date.now() < uploadsAt) return;
    uploadsAt = Date.now() + UPLOADS_EVERY_MS;
    try {
      const dropped = await context.results.store.dropUnfinished(Date.now() - UPLOAD_STALE_MS);
      if (dropped > 0) log.warn({ dropped }, 'ended uploads that a crash left');
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.cause === 'aborted') return;
      log.warn({ reason: error.message }, 'the bucket was not looked through for unfinished uploads');
    }
  }

  return { pass };
}
