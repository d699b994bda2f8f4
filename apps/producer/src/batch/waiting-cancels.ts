/** Of how many generations of a batch a person's cancel waits for the outcome of the submit. Reads a few fields of each: a batch may have ten thousand. */
import { type Batch, batchIds, readWhereabouts, type Store } from '@dailies/queue';

export async function waitingCancels(store: Store, { name, counts }: Batch): Promise<number> {
  if (counts.submitting + counts.ambiguous + counts.unresolved === 0) return 0;
  const members = await readWhereabouts(store, await batchIds(store, name));
  return members.filter(({ hasWaitingCancel }) => hasWaitingCancel).length;
}
