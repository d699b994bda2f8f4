/**
 * Which folder a generation's results go to: the one its batch was given, else `OUT_DIR/<batch>`; singles by the month of their creation.
 * A folder is named by its batch or by `_single/<yyyy-mm>`, which no batch can be called.
 */
import path from 'node:path';
import { batchIds, batchNames, type Generation, type LedgerEvent, monthOf, readBatch, readGeneration, singleIds, singleMonths, type Store } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

const SINGLE = '_single/';

export async function folderOf({ config, store }: Pick<WorkerContext, 'config' | 'store'>, generation: Pick<Generation, 'batch' | 'createdAt'>): Promise<string> {
  const { batch, createdAt } = generation;
  if (batch === null) return path.join(config.outFolder, SINGLE, monthOf(createdAt));
  return (await readBatch(store, batch))?.folder ?? path.join(config.outFolder, batch);
}

/** Every folder that the ledger knows of. */
export async function folderNames(store: Store): Promise<string[]> {
  return [...(await batchNames(store)), ...(await singleMonths(store)).map((month) => `${SINGLE}${month}`)];
}

/** The folder in which something has happened. */
export async function folderNameOf(store: Store, { id, batch }: Pick<LedgerEvent, 'id' | 'batch'>): Promise<string> {
  if (batch !== null) return batch;
  return `${SINGLE}${monthOf((await readGeneration(store, id))?.createdAt ?? Date.now())}`;
}

/** Where it is, absolute, and what belongs into it, in order; null: the ledger does not know it. */
export async function readFolder({ config, store }: Pick<WorkerContext, 'config' | 'store'>, name: string): Promise<{ folder: string; ids: () => Promise<string[]> } | null> {
  if (name.startsWith(SINGLE)) return { folder: path.join(config.outFolder, name), ids: () => singleIds(store, name.slice(SINGLE.length)) };
  const batch = await readBatch(store, name);
  return batch === null ? null : { folder: batch.folder ?? path.join(config.outFolder, name), ids: () => batchIds(store, name) };
}
