/**
 * What a person means by `BATCH|ID`: both are looked up. `batch:NAME` and `id:NAME` say which, where a name is both.
 */
import { type Batch, batchIds, batchNames, chunked, type Generation, readBatch, readGeneration, readGenerations, type Store } from '@dailies/queue';
import { Complaint } from './complaint.ts';
import { legalStem } from './input/index.ts';

export type Found = { batch: Batch } | { generation: Generation };

export async function findByName(store: Store, name: string, suffix = ''): Promise<Found> {
  const [, kind, rest] = /^(batch|id):(.*)$/s.exec(name) ?? [null, null, name];
  const wanted = rest ?? name;
  const batch = kind === 'id' ? null : await readBatch(store, wanted);
  const generation = kind === 'batch' ? null : await readGeneration(store, wanted);
  if (batch !== null && generation !== null) {
    throw new Complaint(`${wanted} is the name of a batch and the id of a generation. Say which: batch:${wanted} or id:${wanted}.`);
  }
  if (batch !== null) return { batch };
  if (generation !== null) return { generation };
  const what = kind === 'batch' ? 'batch' : kind === 'id' ? 'generation' : 'batch or generation';
  const elsewhere = suffix === '' ? ' What was simulated is found with --simulate.' : '';
  const meant = kind === 'id' ? [] : await batchesOfFile(store, wanted);
  const remedy = meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `\`dailies status${suffix}\` lists the batches.`;
  throw new Complaint(`There is no ${what} ${JSON.stringify(wanted)}. ${remedy}${elsewhere}`);
}

const NEWEST = 1_000;
const MOST_NAMED = 3;

/** The newest batches that were made of a file of this name: a batch is called after its file and its content. */
async function batchesOfFile(store: Store, file: string): Promise<string[]> {
  const stem = legalStem(file);
  if (stem === '') return [];
  const names = await batchNames(store, 0, NEWEST - 1);
  return names.filter((name) => name.slice(0, name.lastIndexOf('-')) === stem).slice(0, MOST_NAMED);
}

export async function findBatch(store: Store, name: string, suffix = ''): Promise<Batch> {
  const found = await findByName(store, name.startsWith('batch:') ? name : `batch:${name}`, suffix);
  if ('batch' in found) return found.batch;
  throw new Complaint(`${name} is a generation, not a batch.`);
}

const PAGE = 200;

/** The generations of a batch in their order, or the one. In pages: a batch may be larger than memory should be. */
export async function* generationsOf(store: Store, found: Found): AsyncGenerator<Generation> {
  if ('generation' in found) {
    yield found.generation;
    return;
  }
  const ids = await batchIds(store, found.batch.name);
  for (const page of chunked(ids, PAGE)) {
    for (const generation of await readGenerations(store, page)) if (generation !== null) yield generation;
  }
}
