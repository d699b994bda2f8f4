/** Finds files of a person's own where the pages of a batch should be, for `status`: a worker does not replace them, and only its log says so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '@dailies/queue';
import { fileIn, isBucketPlace } from '@dailies/results';
import { findForeignPages } from '../../compose.ts';
import type { Session } from '../../session.ts';
import { defaultFolder } from './batch-folder.ts';

/** A bucket that takes requests and does not answer is given up only after minutes. A person who asks how things stand does not wait for it. */
const BUCKET_MS = 3_000;

/** With their places. None where it cannot be looked at, or not soon. */
export async function keptPages({ config, results }: Session, { name, folder }: Pick<Batch, 'name' | 'folder'>): Promise<string[]> {
  const place = folder ?? defaultFolder(config, name);
  const looking = findForeignPages(results, place).catch(() => []);
  const names = await (isBucketPlace(place) ? Promise.race([looking, sleep(BUCKET_MS, [])]) : looking);
  return names.map((page) => fileIn(place, page));
}
