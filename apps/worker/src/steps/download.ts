/**
 * The download step: every asset of a paid video onto disk, whole and hashed, then `succeeded`. It never submits, and it never throws a
 * link away: giving up keeps task and link, so that a person's `retry` only fetches.
 */
import type { Agent } from 'undici';
import { about, type Generation, type StoredFile, note, readForWork, transition } from '@dailies/queue';
import { StoreError, type ResultStore } from '@dailies/results';
import type { Delivery, WorkerContext } from '../context.ts';
import { AssetError, diskError, storeFault } from '../download/asset-error.ts';
import type { DiskGuard } from '../download/disk-guard.ts';
import type { DownloadPlaces } from '../download/download-places.ts';
import { STORE_WAIT_MS, type StoreWaits } from '../download/store-waits.ts';
import { folderOf } from '../folder/folder-of.ts';
import { fetchResult } from './fetch-result.ts';
import { notFetched } from './not-fetched.ts';
import { stale } from './stale.ts';
import { type StepOutcome, done, wait } from './step-outcome.ts';

/** What the downloads of one worker share. */
export interface DownloadParts {
  places: DownloadPlaces;
  disks: DiskGuard;
  waits: StoreWaits;
  /** Keeps the connections to the hosts of the videos for the next one. */
  agent: Agent;
}

export async function downloadStep(context: WorkerContext, parts: DownloadParts, delivery: Delivery): Promise<StepOutcome> {
  context.at('download:fetched', delivery.id);
  const generation = await readForWork(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || generation.state !== 'downloading') return stale(context, generation, delivery);
  const from = performance.now();
  const outcome = await inItsPlace(parts, generation, () => fetchAndStore(context, parts, delivery, generation));
  context.meter.observe('dailies_download_seconds', { provider: generation.provider, outcome: outcome.kind }, (performance.now() - from) / 1000);
  return outcome;
}

async function inItsPlace({ places }: DownloadParts, generation: Generation, fetch: () => Promise<StepOutcome>): Promise<StepOutcome> {
  const [first] = generation.assets ?? [];
  if (first === undefined) return fetch();
  if (!(await places.enter(first.url))) return wait(places.lookAgainInMs(first.url), 'its host has half of the downloads');
  try {
    return await fetch();
  } finally {
    places.leave(first.url);
  }
}

async function fetchAndStore(context: WorkerContext, { disks, waits, agent }: DownloadParts, delivery: Delivery, generation: Generation): Promise<StepOutcome> {
  const from = performance.now();
  const by = `${generation.round}.${delivery.token}`;
  const folder = await folderOf(context, generation);
  const store = storeAt(context, folder);
  if (store instanceof StoreError) return waitForStore(context, generation, waits, { folder, reason: store.message, from });
  const room = disks.room(store.staging(folder));
  try {
    const files = await fetchResult(context, generation, { store, folder, room, agent, token: delivery.token });
    context.at('download:stored', generation.id);
    waits.stored(folder);
    return await succeed(context, generation, { by, files, folder });
  } catch (error) {
    const fault = error instanceof StoreError ? storeFault(error) : isFileError(error) ? diskError(error, room.folder) : error;
    if (!(fault instanceof AssetError)) throw error;
    if (fault.cause === 'bucket' || (fault.cause === 'disk' && IN_THE_WAY.has(fault.code))) {
      return await waitForStore(context, generation, waits, { folder, reason: fault.message, from });
    }
    if (fault.cause === 'disk') return await waitForDisk(context, generation, disks, { folder: room.folder, fault });
    return await notFetched(context, { generation, by, error: fault });
  } finally {
    room.leave();
  }
}

/**
 * Codes of a `disk` fault that is no lack of space: something stands in the way. The disk guard looks at the disk alone, and would say each time that it
 * can be used.
 */
const IN_THE_WAY: ReadonlySet<string | undefined> = new Set([undefined, 'EISDIR', 'ELOOP']);

/** The store that the folder is in. An error: it is in a bucket, and this worker is configured for none. */
function storeAt({ results }: WorkerContext, folder: string): ResultStore | StoreError {
  try {
    return results.at(folder);
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

interface Stored {
  /** As in `Assignment`. */
  by: string;
  files: StoredFile[];
  folder: string;
}

async function succeed(context: WorkerContext, generation: Generation, { by, files, folder }: Stored): Promise<StepOutcome> {
  const names = files.map(({ file }) => file);
  // A file that is fetched again, or after a person's retry, perhaps weeks later, says nothing of how long videos take.
  const isAgain = generation.files !== undefined || generation.refetched === true;
  const result = await transition(context.store, generation, {
    from: ['downloading'],
    to: 'succeeded',
    by,
    seq: generation.seq,
    patch: {
      files, folder, finishedAt: Date.now(), fetches: null, waitedMs: null, triedAt: null, failure: null, assets: null, storing: null, waitsFor: null,
      refetched: isAgain ? true : null,
    },
    sentForGood: generation.request,
  });
  if (result.outcome === 'won') {
    const { provider, createdAt } = generation;
    context.log.info({ ...about(generation), files: names }, 'succeeded');
    if (!isAgain) context.meter.observe('dailies_time_to_video_seconds', { provider }, (Date.now() - createdAt) / 1000);
  }
  context.at('download:succeeded', generation.id);
  return done(names.join(', '));
}

interface FullDisk {
  folder: string;
  fault: AssetError;
}

/** The download waits for room on the disk, however long. Should its link expire meanwhile, a fresh one is asked for. */
async function waitForDisk({ store }: WorkerContext, generation: Generation, disks: DiskGuard, { folder, fault }: FullDisk): Promise<StepOutcome> {
  const { ms, isNew } = await disks.hold(folder, generation.id, fault);
  if (generation.waitsFor !== fault.message) await note(store, generation, { waitsFor: fault.message });
  return wait(ms, fault.message, isNew ? fault.message : undefined);
}

interface Unusable {
  folder: string;
  reason: string;
  /** By `performance.now()`: when this look at it began. */
  from: number;
}

/** The download waits for a bucket that is away or refuses us, or for a folder that is not ours to write. The link is not to blame. */
async function waitForStore(context: WorkerContext, generation: Generation, waits: StoreWaits, { folder, reason, from }: Unusable): Promise<StepOutcome> {
  waits.found(folder, reason, performance.now() - from);
  if (generation.waitsFor !== reason) {
    if (waits.isNews(folder, reason)) context.log.error({ ...about(generation), reason }, 'the download waits for its place');
    await note(context.store, generation, { waitsFor: reason });
  }
  return wait(STORE_WAIT_MS, reason);
}

/** Whether an error is of the file system. One of a lost connection has a `syscall` too, but no `path`. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}
