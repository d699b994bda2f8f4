/**
 * The download step: every asset of a paid video onto disk, whole and hashed, then `succeeded`. It never submits, and it never throws a
 * link away: giving up keeps task and link, so that a person's `retry` only fetches.
 */
import type { Agent } from 'undici';
import type { Asset } from '@dailies/providers';
import { about, type Generation, type Patch, type StoredFile, isSimulated, linkWithoutQuery, note, readForWork, transition } from '@dailies/queue';
import { StoreError, type ResultStore } from '@dailies/results';
import type { Delivery, WorkerContext } from '../context.ts';
import { AssetError, diskError, storeFault } from '../download/asset-error.ts';
import type { DiskGuard, Place } from '../download/disk-guard.ts';
import { fetchAsset } from '../download/fetch-asset.ts';
import type { DownloadPlaces } from '../download/download-places.ts';
import { claimPlace } from '../folder/claim-place.ts';
import { folderOf } from '../folder/folder-of.ts';
import { createAssetNames, expectedOf } from './asset-name.ts';
import { deskHere } from './desk-of.ts';
import { LONGEST_PAUSE_MS, notFetched } from './not-fetched.ts';
import { stale } from './stale.ts';
import { type StepOutcome, done, wait } from './step-outcome.ts';
import { storedBefore } from './stored-before.ts';

const MOST_FETCHES_FOR_A_PICTURE = 2;
const STORE_WAIT_MS = 15_000;

/** What the downloads of one worker share. */
export interface DownloadDesk {
  places: DownloadPlaces;
  disks: DiskGuard;
  /** Keeps the connections to the hosts of the videos for the next one. */
  agent: Agent;
}

export async function downloadStep(context: WorkerContext, desk: DownloadDesk, delivery: Delivery): Promise<StepOutcome> {
  context.at('download:fetched', delivery.id);
  const generation = await readForWork(context.store, delivery.id);
  if (generation === null || generation.seq !== delivery.seq || generation.state !== 'downloading') return stale(generation, delivery);
  const from = performance.now();
  const outcome = await inItsPlace(desk, generation, () => fetchAndStore(context, desk, delivery, generation));
  context.meter.observe('dailies_download_seconds', { provider: generation.provider, outcome: outcome.kind }, (performance.now() - from) / 1000);
  return outcome;
}

async function inItsPlace({ places }: DownloadDesk, generation: Generation, fetch: () => Promise<StepOutcome>): Promise<StepOutcome> {
  const [first] = generation.assets ?? [];
  if (first === undefined) return fetch();
  if (!(await places.enter(first.url))) return wait(places.lookAgainInMs(first.url), 'its host has half of the downloads');
  try {
    return await fetch();
  } finally {
    places.leave(first.url);
  }
}

async function fetchAndStore(context: WorkerContext, { disks, agent }: DownloadDesk, delivery: Delivery, generation: Generation): Promise<StepOutcome> {
  const by = `${generation.round}.${delivery.token}`;
  const assets = generation.assets ?? [];
  const folder = await folderOf(context, generation);
  const store = storeAt(context, folder);
  if (store instanceof StoreError) return waitForStore(context, generation, store.message);
  const place = disks.place(store.staging(folder));
  try {
    await mayWrite(context, folder);
    await place.check(0);
    await store.prepare(folder);
    const found = assets.length > 0 ? { assets } : await storedBefore(context, generation, store, folder);
    const to = { store, folder, place, agent, token: delivery.token };
    const files = 'files' in found ? found.files : await fetchAll(context, generation, found.assets, to);
    context.at('download:stored', generation.id);
    const patch: Patch = { files, folder, finishedAt: Date.now(), fetches: null, waitedMs: null, triedAt: null, failure: null, assets: null, waitsFor: null };
    const result = await transition(context.store, generation, {
      from: ['downloading'],
      to: 'succeeded',
      by,
      seq: generation.seq,
      patch,
      sentForGood: generation.request,
    });
    if (result.outcome === 'won') {
      const { provider, createdAt } = generation;
      context.log.info({ ...about(generation), files: files.map(({ file }) => file) }, 'succeeded');
      context.meter.observe('dailies_time_to_video_seconds', { provider }, (Date.now() - createdAt) / 1000);
    }
    context.at('download:succeeded', generation.id);
    return done(files.map(({ file }) => file).join(', '));
  } catch (error) {
    const fault = error instanceof StoreError ? storeFault(error) : isFileError(error) ? diskError(error, place.folder) : error;
    if (!(fault instanceof AssetError)) throw error;
    // A `disk` fault without a code of the system is no lack of space: something stands in the way. The disk guard looks at the disk alone, and would
    // say each time that it can be used.
    if (fault.cause === 'bucket' || (fault.cause === 'disk' && fault.code === undefined)) return await waitForStore(context, generation, fault.message);
    if (fault.cause === 'disk') return await waitForDisk(context, generation, { disks, place }, fault);
    return await notFetched(context, { generation, by, error: fault });
  } finally {
    place.leave();
  }
}

/** The store that the folder is in. An error: it is in a bucket, and this worker is configured for none. */
function storeAt({ results }: WorkerContext, folder: string): ResultStore | StoreError {
  try {
    return results.at(folder);
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

/** Throws where real and simulated results would share the folder: a sample would be taken for the video that was paid for. */
async function mayWrite(context: WorkerContext, folder: string): Promise<void> {
  const why = await claimPlace(context, folder);
  if (why !== null) throw new AssetError(isSimulated(context.config) ? 'refused' : 'disk', why);
}

interface Destination {
  store: ResultStore;
  folder: string;
  /** A place on the disk that parts are written to. */
  place: Place;
  agent: Agent;
  token: string;
}

async function fetchAll(context: WorkerContext, generation: Generation, assets: readonly Asset[], to: Destination): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  const names = createAssetNames(context.store, generation, to.folder);
  for (const [at, asset] of assets.entries()) {
    const name = await names.next(asset, at);
    try {
      files.push(await fetchOne(context, generation, asset, { ...to, name, expect: expectedOf(asset) }));
    } catch (error) {
      if (asset.kind === 'video' || !(error instanceof AssetError) || !isLeftOut(context, error, generation)) throw error;
      context.log.info({ ...about(generation), asset: asset.kind, reason: error.message }, 'left out');
    }
  }
  if (!assets.some(({ kind }) => kind === 'video')) throw new AssetError('expired', 'The result has no video in it.');
  return files;
}

/** Whether the result goes without this picture: the video is what was paid for. It is fetched again where that may help, but no generation fails by it. */
function isLeftOut(context: WorkerContext, { cause, retryAfterMs = 0 }: AssetError, generation: Generation): boolean {
  if (cause === 'aborted' || cause === 'disk' || cause === 'bucket') return false;
  if (cause === 'refused' || cause === 'too-large' || retryAfterMs > LONGEST_PAUSE_MS) return true;
  // Only a worker of its account can get a fresh link to it, and the video does not wait for such a worker.
  if (cause === 'expired' && deskHere(context, generation) === null) return true;
  const { fetches = 0, waitedMs = 0 } = generation;
  return fetches >= MOST_FETCHES_FOR_A_PICTURE || waitedMs >= MOST_FETCHES_FOR_A_PICTURE * Math.max(1, context.config.download.retryMs);
}

async function fetchOne(
  { config, stopping }: WorkerContext,
  generation: Generation,
  asset: Asset,
  { place, agent, ...target }: Destination & { name: string; expect: 'video' | 'image' },
): Promise<StoredFile> {
  const recorded = generation.files?.find(({ file }) => file === target.name);
  const { maxBytes, stallMs } = config.download;
  const { allowPrivateAddresses } = config;
  const room = (bytesToCome: number): Promise<void> => place.check(bytesToCome);
  const rules = { allowPrivateAddresses, expect: target.expect, maxBytes, stallMs, agent, room };
  const fetched = await fetchAsset(asset, { ...target, recorded }, rules, stopping);
  const durationSeconds = fetched.durationSeconds ?? asset.durationSeconds;
  const width = fetched.width ?? asset.width;
  const height = fetched.height ?? asset.height;
  return {
    kind: asset.kind,
    file: target.name,
    sha256: fetched.sha256,
    bytes: fetched.bytes,
    source: linkWithoutQuery(asset.url),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
}

/** The download waits for room on the disk, however long. Should its link expire meanwhile, a fresh one is asked for. */
async function waitForDisk(
  context: WorkerContext,
  generation: Generation,
  { disks, place }: Pick<DownloadDesk, 'disks'> & Pick<Destination, 'place'>,
  fault: AssetError,
): Promise<StepOutcome> {
  const { ms, isNew } = await disks.hold(place.folder, generation.id, fault);
  if (generation.waitsFor !== fault.message) await note(context.store, generation, { waitsFor: fault.message });
  return wait(ms, fault.message, isNew ? fault.message : undefined);
}

/** The download waits for a bucket that is away or refuses us, or for a folder that is not ours to write. The link is not to blame. */
async function waitForStore(context: WorkerContext, generation: Generation, reason: string): Promise<StepOutcome> {
  if (generation.waitsFor !== reason) {
    context.log.error({ ...about(generation), reason }, 'the download waits for its place');
    await note(context.store, generation, { waitsFor: reason });
  }
  return wait(STORE_WAIT_MS, reason);
}

/** Whether an error is of the file system. One of a lost connection has a `syscall` too, but no `path`. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}
