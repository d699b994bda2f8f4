/**
 * The files of a result that was stored in the time which a restored backup has lost. The ledger has forgotten them, the manifest of their folder has not.
 * It must never answer with a file of another ledger, round or task, nor with one that is not what the manifest says of it.
 */
import type { Generation, StoredFile } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { folderOf } from './folder-of.ts';
import type { ManifestRow } from './manifest-row.ts';
import { readManifest } from './manifest.ts';
import { hasAllVideos, wholeFiles } from './whole-files.ts';

/** For how long a reading is used: hundreds may ask at once, and to read a manifest of 45,000 rows takes seconds. */
const KEPT_MS = 10_000;

interface Remembered extends Pick<ManifestRow, 'provider' | 'round'> {
  task: string | undefined;
  files: StoredFile[];
}

/** What the manifest of a folder remembers, by the ids of generations. */
type Reading = Promise<ReadonlyMap<string, Remembered>>;

const readings = new WeakMap<WorkerContext['results'], Map<string, Reading>>();

/** Those that stand there whole, if all videos do. Throws a StoreError where nobody can look. */
export async function rememberedFiles(context: WorkerContext, generation: Generation): Promise<StoredFile[]> {
  if (generation.restored !== true || generation.taskKey === undefined) return [];
  const folder = await folderOf(context, generation);
  const remembered = (await rememberedIn(context, folder)).get(generation.id);
  if (remembered === undefined || !isOfItsTask(remembered, generation)) return [];
  const whole = await wholeFiles(context.results.at(folder), folder, remembered.files);
  // A picture that is gone takes no video with it.
  return hasAllVideos(remembered.files, whole) ? whole : [];
}

/** One reading serves all who ask meanwhile, and soon after. One that failed serves nobody else. */
function rememberedIn({ results }: WorkerContext, folder: string): Reading {
  const known = readings.get(results) ?? new Map<string, Reading>();
  readings.set(results, known);
  const last = known.get(folder);
  if (last !== undefined) return last;
  const reading = read(results, folder);
  const forget = (): void => void known.delete(folder);
  reading.then(() => void setTimeout(forget, KEPT_MS).unref(), forget);
  known.set(folder, reading);
  return reading;
}

async function read(results: WorkerContext['results'], folder: string): Reading {
  const stored = (await readManifest(results, folder)).filter(({ state, filesRemovedAt }) => state === 'succeeded' && filesRemovedAt === undefined);
  return new Map(stored.map((row) => [row.id, { provider: row.provider, round: row.round, task: row.task?.id, files: filesOf(row) }]));
}

function isOfItsTask({ provider, round, task }: Remembered, generation: Generation): boolean {
  return provider === generation.provider && round === generation.round && task === generation.taskKey;
}

function filesOf({ videos, extras = [] }: ManifestRow): StoredFile[] {
  const pictures = extras.flatMap(({ kind, url, ...stored }) => (isExtra(kind) ? [{ kind, source: url, ...stored }] : []));
  const films = videos.map(({ url = '', file = '', sha256 = '', bytes = 0, durationSeconds, width, height }) => ({
    kind: 'video' as const,
    file,
    sha256,
    bytes,
    source: url,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  }));
  return films.length === 0 ? [] : [...films, ...pictures];
}

function isExtra(kind: string): kind is Exclude<StoredFile['kind'], 'video'> {
  return kind === 'thumbnail' || kind === 'cover' || kind === 'other';
}
