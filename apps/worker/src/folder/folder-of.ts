/** Which place a generation's results go to: the one its batch was given, else `OUT_DIR/<batch>` or `<batch>` in the bucket, singles by month. */
import { type Generation, readBatch } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

export async function folderOf({ results, store }: Pick<WorkerContext, 'results' | 'store'>, generation: Pick<Generation, 'batch' | 'createdAt'>): Promise<string> {
  const { batch, createdAt } = generation;
  if (batch === null) return results.place('_single', new Date(createdAt).toISOString().slice(0, 7));
  return (await readBatch(store, batch))?.folder ?? results.place(batch);
}
