/**
 * The download step: every asset of a paid video onto disk, whole and hashed, then `succeeded`. It never submits, and it never throws a
 * link away: giving up keeps task and link, so that a person's `retry` only fetches.
 */
import type { Agent } from 'undici';
import { ProviderError, type Asset } from '@dailies/providers';
import { about, type Generation, type Patch, type StoredFile, isSimulated, linkWithoutQuery, note, readForWork, transition } from '@dailies/queue';
import { StoreError, type ResultStore } from '@dailies/results';
import { type Delivery, type WorkerContext, access } from '../context.ts';
import { AssetError, diskError, storeFault } from '../download/asset-error.ts';
import type { DiskGuard, Place } from '../download/disk-guard.ts';
import { fetchAsset } from '../download/fetch-asset.ts';
import type { DownloadPlaces } from '../download/download-places.ts';
import { claimPlace } from '../folder/claim-place.ts';
import { folderOf } from '../folder/folder-of.ts';
import { assetName, expectedOf } from './asset-name.ts';
import { deskOf } from './desk-of.ts';
import { type StepOutcome, done, failed, wait } from './step-outcome.ts';

/** Looks at a link that brought nothing, and fresh links asked for, before a person is asked. A host that is away is no word about the link. */
const MOST_FETCHES = 10;
const MOST_FETCHES_FOR_A_PICTURE = 2;
/** A link we do not follow may be mended by a fresh one; the same refusal again will not be. */
const MOST_REFUSALS = 3;
const LONGEST_PAUSE_MS = 60_000;
/** How long a host may be away before a person is asked. */
const MOST_AWAY_MS = 24 * 3_600_000;
const BUCKET_WAIT_MS = 15_000;

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
  if (generation === null || generation.seq !== delivery.seq || generation.state !== 'downloading') return done('stale');
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
  const store = context.results.at(folder);
  const place = disks.place(store.staging(folder));
  try {
    await mayWrite(context, folder);
    await place.check(0);
    await store.prepare(folder);
    // A file that is fetched again: its link went when it was stored.
    const files = await fetchAll(context, generation, assets.length > 0 ? assets : await freshLinks(context, generation), { store, folder, place, agent, token: delivery.token });
    context.at('download:stored', generation.id);
    const patch: Patch = { files, folder, finishedAt: Date.now(), fetches: null, hostAwaySince: null, failure: null, assets: null, waitsFor: null };
    const result = await transition(context.store, generation, { from: ['downloading'], to: 'succeeded', by, seq: generation.seq, patch });
    if (result.outcome === 'won') context.log.info({ ...about(generation), files: files.map(({ file }) => file) }, 'succeeded');
    if (result.outcome === 'won') context.meter.observe('dailies_time_to_video_seconds', { provider: generation.provider }, (Date.now() - generation.createdAt) / 1000);
    context.at('download:succeeded', generation.id);
    return done(files.map(({ file }) => file).join(', '));
  } catch (error) {
    if (error instanceof StoreError && store.kind === 'bucket' && error.cause !== 'aborted') return waitForBucket(context, generation, error.message);
    const fault = error instanceof StoreError ? storeFault(error) : isFileError(error) ? diskError(error, place.folder) : error;
    if (!(fault instanceof AssetError)) throw error;
    return fault.cause === 'disk' ? await waitForDisk(context, disks, place, generation, fault) : await notFetched(context, generation, by, fault);
  } finally {
    place.leave();
  }
}

/** A sample that stands in a folder of real results would be taken for the video that was paid for. */
async function mayWrite(context: WorkerContext, folder: string): Promise<void> {
  const why = await claimPlace(context, folder);
  if (why !== null) throw new AssetError(isSimulated(context.config) ? 'refused' : 'disk', why);
}

interface Destination {
  store: ResultStore;
  folder: string;
  /** On the disk that the parts are written on. */
  place: Place;
  agent: Agent;
  token: string;
}

async function fetchAll(context: WorkerContext, generation: Generation, assets: readonly Asset[], to: Destination): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  let videos = 0;
  for (const [at, asset] of assets.entries()) {
    const isVideo = asset.kind === 'video';
    const name = assetName(generation.id, asset, at, videos);
    if (isVideo) videos += 1;
    try {
      files.push(await fetchOne(context, generation, asset, { ...to, name, expect: expectedOf(asset) }));
    } catch (error) {
      if (isVideo || !(error instanceof AssetError) || !isLeftOut(error, generation, context.config.download.retryMs)) throw error;
      context.log.info({ ...about(generation), asset: asset.kind, reason: error.message }, 'left out');
    }
  }
  if (videos === 0) throw new AssetError('expired', 'The result has no video in it.');
  return files;
}

/** A cover is a courtesy: the video is what was paid for. It is tried again where that may help, but nothing fails by it. */
function isLeftOut({ cause }: AssetError, { fetches = 0, hostAwaySince = Infinity }: Generation, retryMs: number): boolean {
  if (cause === 'aborted' || cause === 'disk') return false;
  return cause === 'refused' || cause === 'too-large' || fetches >= MOST_FETCHES_FOR_A_PICTURE || Date.now() - hostAwaySince >= MOST_FETCHES_FOR_A_PICTURE * retryMs;
}

async function fetchOne(
  { config, stopping }: WorkerContext,
  generation: Generation,
  asset: Asset,
  { place, agent, ...target }: Destination & { name: string; expect: 'video' | 'image' },
): Promise<StoredFile> {
  const recorded = generation.files?.find(({ file }) => file === target.name);
  const { maxBytes, stallMs } = config.download;
  const rules = { allowPrivateAddresses: config.allowPrivateAddresses, expect: target.expect, maxBytes, stallMs, agent, room: (bytesToCome: number) => place.check(bytesToCome) };
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

/** Nothing fails by a disk: the link may expire meanwhile, and then a fresh one is asked for. */
async function waitForDisk(context: WorkerContext, disks: DiskGuard, place: Place, generation: Generation, fault: AssetError): Promise<StepOutcome> {
  const { ms, isNew } = await disks.hold(place.folder, generation.id, fault);
  if (generation.waitsFor !== fault.message) await note(context.store, generation, { waitsFor: fault.message });
  return wait(ms, fault.message, isNew ? fault.message : undefined);
}

/** A bucket that is away or refuses us: no fault of the link either. */
async function waitForBucket(context: WorkerContext, generation: Generation, reason: string): Promise<StepOutcome> {
  if (generation.waitsFor !== reason) {
    context.log.error({ ...about(generation), reason }, 'downloads wait for the bucket');
    await note(context.store, generation, { waitsFor: reason });
  }
  return wait(BUCKET_WAIT_MS, reason);
}

async function notFetched(context: WorkerContext, generation: Generation, by: string, error: AssetError): Promise<StepOutcome> {
  if (error.cause === 'aborted') return wait(0, 'the worker stops');
  if (error.away) return waitForHost(context, generation, by, error);
  const fetches = (generation.fetches ?? 0) + 1;
  const hopeless = error.cause === 'too-large' || (error.cause === 'refused' && fetches >= MOST_REFUSALS);
  if (hopeless || fetches >= MOST_FETCHES) return giveUp(context, generation, by, error);
  await note(context.store, generation, { fetches, hostAwaySince: null, waitsFor: null });
  // A cut is the host's; only when it comes again and again may the link itself be the reason.
  const fresh = error.cause === 'interrupted' && fetches < 3 ? null : await freshLink(context, generation);
  if (fresh !== null) await note(context.store, generation, { assets: fresh });
  const ms = Math.max(error.retryAfterMs ?? 0, Math.min(LONGEST_PAUSE_MS, context.config.download.retryMs * 2 ** (fetches - 1)));
  context.log.info({ ...about(generation), reason: error.message, fetches, freshLink: fresh !== null, ms }, 'not fetched: tries again');
  return wait(ms, error.message);
}

/** The host may be back in an hour, and its video is paid: as long as it is away nothing is counted. */
async function waitForHost(context: WorkerContext, generation: Generation, by: string, error: AssetError): Promise<StepOutcome> {
  const { hostAwaySince = Date.now() } = generation;
  const awayMs = Date.now() - hostAwaySince;
  if (awayMs >= MOST_AWAY_MS) return giveUp(context, generation, by, error);
  const { retryMs } = context.config.download;
  // It may have gone for good, and another one have come in its place.
  const fresh = awayMs < 3 * retryMs ? null : await freshLink(context, generation);
  await note(context.store, generation, { hostAwaySince, waitsFor: error.message, ...(fresh === null ? {} : { assets: fresh }) });
  // As long again as it has been away: each pause is about twice the one before.
  const ms = Math.max(error.retryAfterMs ?? 0, Math.min(LONGEST_PAUSE_MS, Math.max(retryMs, awayMs)));
  context.log.info({ ...about(generation), reason: error.message, awayMs, freshLink: fresh !== null, ms }, 'the host is away: tries again');
  return wait(ms, error.message);
}

async function giveUp(context: WorkerContext, generation: Generation, by: string, error: AssetError): Promise<StepOutcome> {
  const failure = { kind: 'asset', message: `${error.message} \`dailies retry ${generation.id}\` fetches it again and pays nothing.`, code: error.cause, retryable: true };
  const patch: Patch = { failure, finishedAt: Date.now(), fetches: null, hostAwaySince: null, waitsFor: null };
  await transition(context.store, generation, { from: ['downloading'], to: 'failed', by, seq: generation.seq, patch, note: error.message });
  context.log.error({ ...about(generation), cause: error.cause, reason: error.message }, 'the video is paid and could not be fetched');
  return failed(error.message);
}

/** Upstreams sign links for a short time; polling the task again brings a new one. */
async function freshLinks(context: WorkerContext, generation: Generation): Promise<Asset[]> {
  return (await freshLink(context, generation)) ?? [];
}

async function freshLink(context: WorkerContext, generation: Generation): Promise<Asset[] | null> {
  if (generation.task === undefined) return null;
  const desk = await deskOf(context, generation);
  if (desk === null) return null;
  try {
    const progress = await desk.provider.poll(generation.task, { access: access(desk), http: context.http, signal: context.stopping });
    return progress.state === 'succeeded' ? progress.assets : null;
  } catch (error) {
    if (error instanceof ProviderError) return null;
    throw error;
  }
}

/** Of a file: a Redis that is away has a `syscall` too, but no path. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}
