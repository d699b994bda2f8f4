/**
 * Makes new names in a folder survive a power cut, where the file system can. A caller that comes while a sync is under way shares the next one with
 * all others that came meanwhile: the sync under way began before their names were there, so it does not cover them.
 */
import { open } from 'node:fs/promises';
import { codeOf } from '../store-error.ts';

interface Syncs {
  underWay: Promise<void>;
  next: Promise<void> | null;
}

const folders = new Map<string, Syncs>();

export function syncFolder(folder: string): Promise<void> {
  const found = folders.get(folder);
  if (found === undefined) return begin(folder);
  found.next ??= found.underWay.then(() => begin(folder), () => begin(folder));
  return found.next;
}

function begin(folder: string): Promise<void> {
  const syncs: Syncs = { underWay: sync(folder), next: null };
  folders.set(folder, syncs);
  const end = (): void => {
    if (syncs.next === null && folders.get(folder) === syncs) folders.delete(folder);
  };
  syncs.underWay.then(end, end);
  return syncs.underWay;
}

async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

const NO_FOLDER_SYNC: ReadonlySet<string> = new Set(['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP', 'EBADF']);
