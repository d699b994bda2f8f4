/**
 * The files of a result that was stored in the time which a restored backup has lost. The ledger has forgotten them, the manifest of their folder has not.
 * It must never answer with a file of another ledger, round or task, nor with one that is not what the manifest says of it.
 */
import type { Generation, StoredFile } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';
import { folderOf } from './folder-of.ts';
import type { ManifestRow } from './manifest-row.ts';
import { readManifest } from './manifest.ts';

/** Those that stand there whole, if all videos do. Throws a StoreError where nobody can look. */
export async function rememberedFiles(context: WorkerContext, generation: Generation): Promise<StoredFile[]> {
  if (generation.restored !== true || generation.taskKey === undefined) return [];
  const folder = await folderOf(context, generation);
  const row = (await readManifest(context.results, folder)).find((one) => isOfItsTask(one, generation));
  if (row === undefined) return [];
  const store = context.results.at(folder);
  const whole: StoredFile[] = [];
  for (const file of filesOf(row)) {
    if ((await store.verify(folder, file.file, file)) === 'ok') whole.push(file);
    // A picture that is gone takes no video with it.
    else if (file.kind === 'video') return [];
  }
  return whole;
}

function isOfItsTask({ id, state, provider, round, task, filesRemovedAt }: ManifestRow, generation: Generation): boolean {
  const isSame = id === generation.id && provider === generation.provider && round === generation.round && task?.id === generation.taskKey;
  return isSame && state === 'succeeded' && filesRemovedAt === undefined;
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
