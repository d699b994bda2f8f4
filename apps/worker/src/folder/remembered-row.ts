/**
 * What the manifest of its folder remembers of a generation that a restored backup has set back: the manifest is outside of Redis, and was not set back.
 * Each caller must see for itself that the row is of this very generation and round: another ledger may have used the same folder and the same ids.
 */
import type { Generation, StoredFile } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { folderOf } from './folder-of.ts';
import type { ManifestRow } from './manifest-row.ts';
import { readManifest } from './manifest.ts';

/** For how long a reading is used: hundreds may ask at once, and to read a manifest of 45,000 rows takes seconds. */
const KEPT_MS = 10_000;

/** No more of a row than is asked for: there may be many. */
export interface RememberedRow extends Pick<ManifestRow, 'provider' | 'round' | 'createdAt' | 'fingerprint'> {
  task: string | undefined;
  /** Of a result that is stored, and was not removed since. */
  files: StoredFile[];
}

/** The rows of a folder, by the ids of generations. */
type Reading = Promise<ReadonlyMap<string, RememberedRow>>;

const readings = new WeakMap<WorkerContext['results'], Map<string, Reading>>();

/** The row of this id and provider, of whatever round. Throws a StoreError where nobody can look. */
export async function rememberedRow(context: WorkerContext, generation: Generation): Promise<RememberedRow | undefined> {
  if (generation.restored !== true) return undefined;
  const row = (await readingOf(context, await folderOf(context, generation))).get(generation.id);
  return row?.provider === generation.provider ? row : undefined;
}

/** One reading serves all who ask meanwhile, and soon after. One that failed serves nobody else. */
function readingOf({ results }: WorkerContext, folder: string): Reading {
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
  const rows = await readManifest(results, folder);
  return new Map(rows.map((row) => {
    const { id, provider, round, createdAt, fingerprint, task } = row;
    return [id, { provider, round, createdAt, fingerprint, task: task?.id, files: filesOf(row) }];
  }));
}

function filesOf({ state, filesRemovedAt, videos, extras = [] }: ManifestRow): StoredFile[] {
  if (state !== 'succeeded' || filesRemovedAt !== undefined || videos.length === 0) return [];
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
  return [...films, ...pictures];
}

function isExtra(kind: string): kind is Exclude<StoredFile['kind'], 'video'> {
  return kind === 'thumbnail' || kind === 'cover' || kind === 'other';
}
