/**
 * Of how many generations of a batch retention has removed the files, for `status`: they are `succeeded` for ever, and nothing of them is in the folder.
 * It asks the ledger alone: it never looks into a folder or a bucket, and changes nothing.
 */
import { type Batch, batchIds, chunked, countRemoved, type Store } from '@dailies/queue';

const PAGE = 1_000;

export async function removedFiles(store: Store, { name, counts }: Batch): Promise<number> {
  if (counts.succeeded === 0) return 0;
  let removed = 0;
  for (const page of chunked(await batchIds(store, name), PAGE)) removed += await countRemoved(store, page);
  return removed;
}
