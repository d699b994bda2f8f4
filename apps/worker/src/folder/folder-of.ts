/**
 * Which place a generation's results go to: the one its batch was given, else `OUT_DIR/<batch>` or `<batch>` in the bucket; singles by the month
 * of their creation.
 * A folder is named by its batch or by `_single/<yyyy-mm>`, which no batch can be called.
 */
import {
  type Generation,
  type LedgerEvent,
  type Store,
  batchFolder,
  batchIds,
  batchNames,
  monthOf,
  readBatch,
  readGeneration,
  singleIds,
  singleMonths,
} from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

const SINGLES = '_single';
const SINGLE = `${SINGLES}/`;

type Places = Pick<WorkerContext, 'results' | 'store'>;
/** What decides on the folder of a generation. */
type Belonging = Pick<Generation, 'batch' | 'createdAt'>;

export async function folderOf({ results, store }: Places, { batch, createdAt }: Belonging): Promise<string> {
  if (batch === null) return results.place(SINGLES, monthOf(createdAt));
  return (await batchFolder(store.whole, batch)) ?? results.place(batch);
}

/** Whether services chose the folder themselves. One that a person named with `--out` they did not choose, also if it is inside of OUT_DIR. */
export function isServicesFolder({ results }: Pick<Places, 'results'>, { batch, createdAt }: Belonging, folder: string): boolean {
  return batch === null ? results.isOurs(folder, SINGLES, monthOf(createdAt)) : results.isOurs(folder, batch);
}

/** Every folder that the ledger knows of. */
export async function folderNames(store: Store): Promise<string[]> {
  return [...(await batchNames(store)), ...(await singleMonths(store)).map((month) => `${SINGLE}${month}`)];
}

/** The folder that an event concerns. */
export async function folderNameOf(store: Store, { id, batch }: Pick<LedgerEvent, 'id' | 'batch'>): Promise<string> {
  return batch ?? folderName({ batch, createdAt: (await readGeneration(store, id))?.createdAt ?? Date.now() });
}

export function folderName({ batch, createdAt }: Belonging): string {
  return batch ?? `${SINGLE}${monthOf(createdAt)}`;
}

export interface KnownFolder {
  /** Where it is. */
  folder: string;
  /** What belongs into it, in order. */
  ids: () => Promise<string[]>;
}

/** Null: the ledger does not know it. */
export async function readFolder({ results, store }: Places, name: string): Promise<KnownFolder | null> {
  if (name.startsWith(SINGLE)) {
    const month = name.slice(SINGLE.length);
    return { folder: results.place(SINGLES, month), ids: () => singleIds(store, month) };
  }
  const batch = await readBatch(store, name);
  return batch === null ? null : { folder: batch.folder ?? results.place(name), ids: () => batchIds(store, name) };
}
