/** The generations of a batch that wait for a person's decision, in the batch's order. Reads states only: a batch may have ten thousand. */
import { type Batch, batchIds, chunked, readStates, type Store } from '@dailies/queue';

export interface NeedsPerson {
  id: string;
  state: 'unresolved' | 'overdue';
}

const PAGE = 1_000;

export async function needPerson(store: Store, { name, counts }: Batch): Promise<NeedsPerson[]> {
  if (counts.unresolved + counts.overdue === 0) return [];
  const ids = await batchIds(store, name);
  const found: NeedsPerson[] = [];
  for (const page of chunked(ids, PAGE)) {
    for (const [id, state] of await readStates(store, page)) {
      if (state === 'unresolved' || state === 'overdue') found.push({ id, state });
    }
  }
  return found;
}
