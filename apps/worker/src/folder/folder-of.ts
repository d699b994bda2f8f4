/** Which folder a generation's results go to: the one its batch was given, else `OUT_DIR/<batch>`, singles by month. */
import path from 'node:path';
import { type Generation, readBatch } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

export async function folderOf({ config, store }: Pick<WorkerContext, 'config' | 'store'>, generation: Pick<Generation, 'batch' | 'createdAt'>): Promise<string> {
  const { batch, createdAt } = generation;
  if (batch === null) return path.join(config.outFolder, '_single', new Date(createdAt).toISOString().slice(0, 7));
  return (await readBatch(store, batch))?.folder ?? path.join(config.outFolder, batch);
}
