/**
 * Which place a generation's results go to: the one its batch was given, else `OUT_DIR/<batch>` or `<batch>` in the bucket; singles by the month
 * of their creation.
 * A folder is named by its batch or by `_single/<yyyy-mm>`, which no batch can be called.
 */
import { batchFolder, batchIds, batchNames, type Generation, type LedgerEvent, monthOf, readBatch, readGeneration, singleIds, singleMonths, type Store } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

const SINGLES = '_single';
const SINGLE = `${SINGLES}/`;

export async function folderOf({ results, store }: Pick<WorkerContext, 'results' | 'store'>, generation: Pick<Generation, 'batch' | 'createdAt'>): Promise<string> {
  const { batch, createdAt } = generation;
  if (batch === null) return results.place(SINGLES, monthOf(createdAt));
  return (await batchFolder(store.whole, batch)) ?? results.place(batch);
}

/** Whether that is where services write it by themselves: a folder that a person named with `--out` is not, also inside of OUT_DIR. */
export function isServicesFolder({ results }: Pick<WorkerContext, 'results'>, { batch, createdAt }: Pick<Generation, 'batch' | 'createdAt'>, folder: string): boolean {
  return batch === null ? results.isOurs(folder, SINGLES, monthOf(createdAt)) : results.isOurs(folder, batch);
}

/** Every folder that the ledger knows of. */
export async function folderNames(store: Store): Promise<string[]> {
  return [...(await batchNames(store)), ...(await singleMonths(store)).map((month) => `${SINGLE}${month}`)];
}

/** The folder in which something has happened. */
export async function folderNameOf(store: Store, { id, batch }: Pick<LedgerEvent, 'id' | 'batch'>): Promise<string> {
  return batch ?? folderName({ batch, createdAt: (await readGeneration(store, id))?.createdAt ?? Date.now() });
}

export function folderName({ batch, createdAt }: Pick<Generation, 'batch' | 'createdAt'>): string {
  return batch ?? `${SINGLE}${monthOf(createdAt)}`;
}

/** Where it is, and what belongs into it, in order; null: the ledger does not know it. */
export async function readFolder({ results, store }: Pick<WorkerContext, 'results' | 'store'>, name: string): Promise<{ folder: string; ids: () => Promise<string[]> } | null> {
  if (name.startsWith(SINGLE)) return { folder: results.place(SINGLES, name.slice(SINGLE.length)), ids: () => singleIds(store, name.slice(SINGLE.length)) };
  const batch = await readBatch(store, name);
  return batch === null ? null : { folder: batch.folder ?? results.place(name), ids: () => batchIds(store, name) };
}
