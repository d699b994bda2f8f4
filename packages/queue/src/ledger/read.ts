/** Reading the ledger: generations, batches, counts. Changes nothing. */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import type { Generation } from '../generation.ts';
import { type Spend, spendIn } from '../spend/bill.ts';
import { STATES, type State } from '../states.ts';
import { decodeGeneration } from './record.ts';
import type { Store } from './store.ts';

export type Counts = Record<State, number>;

export interface Batch {
  name: string;
  total: number;
  counts: Counts;
  attended: boolean;
  createdAt: number;
  finishedAt: number | null;
  revision: number;
  folder: string | null;
  /** Name of the API key that made it. */
  createdBy: string | null;
  /** Where its events go; may hold a secret in its query. */
  webhook: string | null;
  /** Estimated. */
  spend: Spend[];
}

export async function readGeneration(store: Store, id: string): Promise<Generation | null> {
  return (await readGenerations(store, [id]))[0] ?? null;
}

/** In the order asked; null where there is none. Bounded memory: ask for some thousands at a time. */
export async function readGenerations(store: Store, ids: readonly string[]): Promise<(Generation | null)[]> {
  const pipeline = store.redis.pipeline();
  for (const id of ids) {
    pipeline.zscore(store.keys.all, id);
    pipeline.hgetall(store.keys.generation(id));
    pipeline.lrange(store.keys.history(id), 0, -1);
  }
  const answers = await pipeline.exec();
  return ids.map((id, at) => {
    const [score, fields, history] = [0, 1, 2].map((offset) => {
      const [error, value] = answers?.[at * 3 + offset] ?? [new Error('no answer'), null];
      if (error) throw error;
      return value;
    });
    if (score === null) return null;
    return decodeGeneration(id, fields as Record<string, string>, history as string[]);
  });
}

/** Those that the ledger does not know. */
export async function unknownIds(store: Store, ids: readonly string[]): Promise<string[]> {
  const pipeline = store.redis.pipeline();
  for (const id of ids) pipeline.zscore(store.keys.all, id);
  const answers = (await pipeline.exec()) ?? [];
  return ids.filter((_id, at) => {
    const [error, score] = answers[at] ?? [new Error('no answer'), null];
    if (error) throw error;
    return score === null;
  });
}

/** Only the states: what a progress display needs. */
export async function readStates(store: Store, ids: readonly string[]): Promise<Map<string, State>> {
  const pipeline = store.redis.pipeline();
  for (const id of ids) pipeline.hget(store.keys.generation(id), 'state');
  const answers = (await pipeline.exec()) ?? [];
  const states = new Map<string, State>();
  ids.forEach((id, at) => {
    const [error, state] = answers[at] ?? [null, null];
    if (error) throw error;
    if (typeof state === 'string') states.set(id, state as State);
  });
  return states;
}

export async function readBatch(store: Store, name: string): Promise<Batch | null> {
  if ((await store.redis.zscore(store.keys.batches, name)) === null) return null;
  return decodeBatch(name, await store.redis.hgetall(store.keys.batch(name)));
}

export function decodeBatch(name: string, fields: Record<string, string>): Batch {
  return {
    name,
    total: Number(fields['total'] ?? 0),
    counts: Object.fromEntries(STATES.map((state) => [state, Number(fields[`n:${state}`] ?? 0)])) as Counts,
    attended: fields['attended'] === '1',
    createdAt: Number(fields['createdAt']),
    finishedAt: fields['finishedAt'] === undefined ? null : Number(fields['finishedAt']),
    revision: Number(fields['revision'] ?? 0),
    folder: fields['folder'] ?? null,
    createdBy: fields['createdBy'] ?? null,
    webhook: fields['webhook'] ?? null,
    spend: spendIn(fields),
  };
}

export async function batchNames(store: Store): Promise<string[]> {
  return store.redis.zrevrange(store.keys.batches, '0', '-1');
}

/** Ids of a batch in the order they came; `from` and `to` are positions, inclusive. */
export async function batchIds(store: Store, name: string | null, from = 0, to = -1): Promise<string[]> {
  return store.redis.zrange(store.keys.batchItems(name), String(from), String(to));
}

export async function countsOf(store: Store, provider: ProviderName): Promise<Counts> {
  const fields = await store.redis.hgetall(store.keys.counts(provider));
  return Object.fromEntries(STATES.map((state) => [state, Number(fields[state] ?? 0)])) as Counts;
}

/** What was estimated to be spent at a provider, per model and currency. */
export async function spendOf(store: Store, provider: ProviderName): Promise<Spend[]> {
  return spendIn(await store.redis.hgetall(store.keys.counts(provider)));
}

export async function allCounts(store: Store): Promise<Record<ProviderName, Counts>> {
  const entries = await Promise.all(PROVIDER_NAMES.map(async (name) => [name, await countsOf(store, name)] as const));
  return Object.fromEntries(entries) as Record<ProviderName, Counts>;
}

export async function slotsTaken(store: Store, account: string): Promise<number> {
  return store.redis.zcard(store.keys.slots(account));
}
