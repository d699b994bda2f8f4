/**
 * Brings every asset of a result into its folder, whole and hashed. The video is what was paid for: a picture that cannot be had is left out, and no
 * generation fails by it.
 */
import type { Agent } from 'undici';
import type { Asset } from '@dailies/providers';
import { about, type Generation, hasRenewedJob, type StoredFile, isSimulated, linkWithoutQuery, note } from '@dailies/queue';
import type { ResultStore } from '@dailies/results';
import type { WorkerContext } from '../context.ts';
import { AssetError } from '../download/asset-error.ts';
import type { Room } from '../download/disk-room.ts';
import { type DownloadTarget, fetchAsset, type NamedFile } from '../download/fetch-asset.ts';
import { claimPlace } from '../folder/claim-place.ts';
import { rememberedFiles } from '../folder/remembered-files.ts';
import { createAssetNames, expectedOf } from './asset-name.ts';
import { upstreamHere } from './upstream-of.ts';
import { LONGEST_PAUSE_MS } from './not-fetched.ts';
import { storedBefore } from './stored-before.ts';

const MOST_FETCHES_FOR_A_PICTURE = 2;

export interface Destination {
  store: ResultStore;
  folder: string;
  /** On the disk that parts are written to. */
  room: Room;
  agent: Agent;
  /** Of the delivery. */
  token: string;
}

/** Answers the files, which stand in the folder then. Throws an AssetError, or a StoreError, where one cannot be had. */
export async function fetchResult(context: WorkerContext, generation: Generation, to: Destination): Promise<StoredFile[]> {
  const { store, folder, room } = to;
  const { assets = [] } = generation;
  await mayWrite(context, folder);
  await room.check(0);
  await store.prepare(folder);
  if (assets.length > 0) return fetchAll(context, generation, assets, to).catch(orRemembered(context, generation));
  const found = await storedBefore(context, generation, store, folder);
  return 'files' in found ? found.files : fetchAll(context, generation, found.assets, to);
}

/** Of a dead link. After a restored backup, its video may have been stored in the time that is lost. */
function orRemembered(context: WorkerContext, generation: Generation): (error: unknown) => Promise<StoredFile[]> {
  return async (error) => {
    const files = error instanceof AssetError && error.cause === 'expired' ? await rememberedFiles(context, generation) : [];
    if (files.length === 0) throw error;
    return files;
  };
}

/** Throws where real and simulated results would share the folder: a sample would be taken for the video that was paid for. */
async function mayWrite(context: WorkerContext, folder: string): Promise<void> {
  const why = await claimPlace(context, folder);
  if (why !== null) throw new AssetError(isSimulated(context.config) ? 'refused' : 'disk', why);
}

async function fetchAll(context: WorkerContext, generation: Generation, assets: readonly Asset[], to: Destination): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  const names = createAssetNames(context.store, generation, to.folder);
  for (const [at, asset] of assets.entries()) {
    const nextName = (): Promise<string> => names.next(asset, at);
    try {
      files.push(await fetchOne(context, { generation, asset, files }, { ...to, name: await nextName(), nextName }));
    } catch (error) {
      if (asset.kind === 'video' || !(error instanceof AssetError) || !isLeftOut(context, error, generation)) throw error;
      context.log.info({ ...about(generation), asset: asset.kind, reason: error.message }, 'left out');
    }
  }
  if (!assets.some(({ kind }) => kind === 'video')) throw new AssetError('expired', 'The result has no video in it.');
  return files;
}

/** Whether the result goes without this picture. It is fetched again where that may help. */
function isLeftOut(context: WorkerContext, { cause, retryAfterMs = 0 }: AssetError, generation: Generation): boolean {
  if (cause === 'aborted' || cause === 'disk' || cause === 'bucket') return false;
  if (cause === 'refused' || cause === 'too-large' || retryAfterMs > LONGEST_PAUSE_MS) return true;
  // Only a worker of its account can get a fresh link to it, and the video does not wait for such a worker.
  if (cause === 'expired' && upstreamHere(context, generation) === null) return true;
  const { fetches = 0, waitedMs = 0 } = generation;
  return fetches >= MOST_FETCHES_FOR_A_PICTURE || waitedMs >= MOST_FETCHES_FOR_A_PICTURE * Math.max(1, context.config.download.retryMs);
}

interface Wanted {
  generation: Generation;
  asset: Asset;
  /** Its files that are stored already. */
  files: readonly StoredFile[];
}

async function fetchOne(
  { config, log, stopping, store }: WorkerContext,
  { generation, asset, files }: Wanted,
  { room, agent, ...target }: Destination & Pick<DownloadTarget, 'name' | 'nextName'>,
): Promise<StoredFile> {
  const { maxBytes, stallMs } = config.download;
  const { allowPrivateAddresses } = config;
  const hasRoom = (bytesToCome: number): Promise<void> => room.check(bytesToCome);
  const rules = { allowPrivateAddresses, expect: expectedOf(asset), maxBytes, stallMs, agent, room: hasRoom };
  const announce = async (file: NamedFile): Promise<void> => {
    const storing = [...files.map(({ file: name, sha256, bytes }) => ({ file: name, sha256, bytes })), file];
    // Another delivery has ended it meanwhile, and a new round may have begun: without a note, our file would be in the way of that one's.
    if (!(await note(store, generation, { storing }))) throw new AssetError('aborted', `${generation.id} has moved on.`);
  };
  const { files: recorded, storing } = generation;
  const isElsewhere = generation.folder !== undefined && generation.folder !== target.folder;
  const afterRepair = hasRenewedJob(generation);
  const fetched = await fetchAsset(asset, { ...target, afterRepair, recorded, isElsewhere, storing, announce }, rules, stopping);
  const { name, kept } = fetched;
  if (kept !== undefined) log.warn({ ...about(generation), file: name, kept }, 'another file was in the way: it has another name now');
  if (name !== target.name) log.warn({ ...about(generation), file: name, taken: target.name }, 'another file has its name: it has the next one');
  const durationSeconds = fetched.durationSeconds ?? asset.durationSeconds;
  const width = fetched.width ?? asset.width;
  const height = fetched.height ?? asset.height;
  return {
    kind: asset.kind,
    file: name,
    sha256: fetched.sha256,
    bytes: fetched.bytes,
    source: linkWithoutQuery(asset.url),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
}
