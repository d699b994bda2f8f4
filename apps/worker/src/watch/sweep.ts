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
/** What has just changed is on its way; only what has rested may be stuck. */
const RESTED_MS = 30_000;
const UNSEALED_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;
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
  /** Slots past their time that are kept, by account. */
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
      // An intake is what a batch over several shards is accepted by.
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

  /** Generations without a job that will still run. Goes round through all that are alive, a page at a pass. */
  async function repairRested(): Promise<number> {
    const [next, found] = await store.redis.zscan(store.keys.live, cursor, 'COUNT', PER_PASS);
    cursor = next;
    // By the clock that wrote them: by one that is hours behind nothing has rested.
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
      // Hundreds that keep theirs must not hide who does not: the next pass begins behind them, and the one at the end from the front.
      passedOver.set(account, ended.found < PER_PASS ? 0 : skip + ended.found - ended.freed);
      const forgotten = await forgetEndedDoubts(store, account, PER_PASS);
      if (forgotten > 0) log.info({ account, forgotten }, 'ended, and still counted as in doubt: forgotten');
    }
    return freed;
  }

  /** A queue that never drains stays within what BullMQ can sort. */
  async function moveTurns(): Promise<void> {
    for (const provider of PROVIDER_NAMES) {
      if (context.config.providers[provider].account === null) continue;
      const moved = await rebase(store, context.queues, provider);
      if (moved > 0) log.info({ provider, moved }, 'those who wait moved to the front of the range of turns, in their order');
    }
  }

  /** Generations keep a stub; jobs are only schedules and go. */
  async function retain(): Promise<{ generations: number; jobs: number }> {
    const { ledgerDays, jobDays } = context.config.retention;
    const generations = ledgerDays === 0 ? 0 : await shrinkEnded(store, ledgerDays * DAY_MS, PER_PASS);
    let jobs = 0;
    if (jobDays > 0 && Date.now() >= cleanAt) {
      cleanAt = Date.now() + CLEAN_EVERY_MS;
      for (const queue of context.queues.all()) {
        for (const kind of ['completed', 'failed'] as const) jobs += (await queue.clean(jobDays * DAY_MS, PER_PASS, kind)).length;
      }
    }
    return { generations, jobs };
  }

  /** Uploads into the bucket that nobody finishes: unseen by most listings, and billed. A bucket that is away leaves them for the next time. */
  async function dropUploads(): Promise<void> {
    // One of the shards does it for all.
    if (store.number > 0 || Date.now() < uploadsAt) return;
    uploadsAt = Date.now() + UPLOADS_EVERY_MS;
    try {
      const dropped = await context.results.store.dropUnfinished(Date.now() - UPLOAD_STALE_MS);
      if (dropped > 0) log.warn({ dropped }, 'ended uploads that a crash left');
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn({ reason: error.message }, 'the bucket was not looked through for unfinished uploads');
    }
  }

  return { pass };
}
