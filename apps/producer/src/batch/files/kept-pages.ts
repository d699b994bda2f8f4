/** Which pages in the place of a batch are a person's own, where a worker writes none of ours: the log of that worker is read by few. */
import type { Batch } from '@dailies/queue';
import { fileIn } from '@dailies/results';
import { findForeignPages } from '../../compose.ts';
import type { Session } from '../../session.ts';
import { defaultFolder } from './batch-folder.ts';

/** With their places. None where it cannot be looked at. */
export async function keptPages({ config, results }: Session, { name, folder }: Pick<Batch, 'name' | 'folder'>): Promise<string[]> {
  const place = folder ?? defaultFolder(config, name);
  const names = await findForeignPages(results, place).catch(() => []);
  return names.map((page) => fileIn(place, page));
}
