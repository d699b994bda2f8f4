/** Finds generations by a filter: in the catalogue, or, for a task id, in the ledger's index of tasks. */
import { type Catalogue, type Found, ownerOf, search, type Store } from '@dailies/queue';
import type { Filter } from './filter.ts';

export async function findGenerations(store: Store, catalogue: Catalogue, filter: Filter, page: { size: number; after?: string | undefined }): Promise<Found> {
  if (filter.task === undefined) return search(catalogue, filter, page);
  const owners = await ownersOf(store, catalogue, filter.task);
  const { ids } = search(catalogue, filter, { size: Infinity });
  const found = owners.filter((id) => ids.includes(id) || !catalogue.has(id));
  return { total: found.length, ids: found.slice(0, page.size), more: false };
}

/** Within an account a task belongs to one generation. Two accounts may use the same task id, so there may be several. */
async function ownersOf(store: Store, catalogue: Catalogue, task: string): Promise<string[]> {
  const accounts = new Set(catalogue.providers.all().flatMap((provider) => catalogue.accountsOf(provider)));
  const owners = await Promise.all([...accounts].map((account) => ownerOf(store, account, task)));
  return [...new Set(owners.filter((id) => id !== null))];
}
