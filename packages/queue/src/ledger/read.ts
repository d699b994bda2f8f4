/** Reading the ledger: generations and counts, of all its shards. Changes nothing. */
import { PROVIDER_NAMES, type ProviderName } from '@dailies/providers';
import { chunked } from '../chunked.ts';
import type { Generation } from '../generation.ts';
import { fromShards, knownIds, locateOne } from '../shards/locate.ts';
import { mergedAfter } from '../shards/merge.ts';
import { shardOf } from '../shards/routing.ts';
import { type Spend, spendIn, sumOfSpend } from '../spend/bill.ts';
import { STATES, type State } from '../states.ts';
import { fieldsOf } from './fields-of.ts';
import { recordOfPairs } from './pairs.ts';
import { decodeGeneration } from './record.ts';
import { script } from './script.ts';
import { runScript, type Store } from './store.ts';
import { storedRecords } from './stored-records.ts';

export type Counts = Record<State, number>;

export async function readGeneration(store: Store, id: string): Promise<Generation | null> {
  return (await readGenerations(store, [id]))[0] ?? null;
}

/**
 * Reads a generation for a step of a worker, in one small round trip: without its history, which no step needs, and without asking the index of what was
 * accepted, since only an accepted generation has a job.
 */
export async function readForWork(store: Store, id: string): Promise<Generation | null> {
  const shard = await locateOne(store, id);
  if (shard === null) return null;
  const fields = JSON.parse(String(await runScript(shard, RECORD, [shard.keys.generation(id)], []))) as string[] | Record<string, never>;
  return Array.isArray(fields) ? decodedIn(shard, id, recordOfPairs(fields), []) : null;
}

/** All fields as one string: for the client, parsing sixty small answers costs four times as much. Where there is no record it is `{}`. */
const RECORD = script("return cjson.encode(redis.call('HGETALL', KEYS[1]))");

/** In the order asked; null where there is none. Bounded memory: ask for some thousands at a time. */
export async function readGenerations(store: Store, ids: readonly string[]): Promise<(Generation | null)[]> {
  const found: (Generation | null)[] = [];
  for (const some of chunked(ids, AT_ONCE)) found.push(...(await fromShards(store, some, readHere, null)));
  return found;
}

/** Over all shards, which may be on one Redis. Of five hundred of the longest at once, the last would come later than the API waits for any command. */
const AT_ONCE = 100;

async function readHere(store: Store, ids: readonly string[]): Promise<(Generation | null)[]> {
  const records = await storedRecords(store, ids);
  return ids.map((id, at) => {
    const record = records[at] ?? null;
    return record === null ? null : decodedIn(store, id, record.fields, record.history);
  });
}

function decodedIn({ whole, number }: Store, id: string, fields: Record<string, string>, history: string[]): Generation | null {
  const generation = decodeGeneration(id, fields, history);
  return generation === null || whole.shards.length === 1 ? generation : { ...generation, shard: number };
}

/** Ids of all generations, the newest first, after `after`. Null: that one is not there. */
export async function newestIds(store: Store, after: string | null, count: number): Promise<string[] | null> {
  return mergedAfter(store, { key: ({ keys }) => keys.all, order: 'newest' }, after, count);
}

/** Those that the ledger does not know. */
export async function unknownIds(store: Store, ids: readonly string[]): Promise<string[]> {
  const known = await Promise.all(store.shards.map((shard) => knownIds(shard, ids)));
  return ids.filter((_id, at) => known.every((one) => one[at] !== true));
}

/** Only the states: what a progress display needs. */
export async function readStates(store: Store, ids: readonly string[]): Promise<Map<string, State>> {
  const found = await fromShards(store, ids, statesHere, null);
  return new Map(ids.flatMap((id, at) => (found[at] == null ? [] : [[id, found[at]] as const])));
}

async function statesHere(store: Store, ids: readonly string[]): Promise<(State | null)[]> {
  const found = await fieldsOf(store, ids.map(store.keys.generation), ['state']);
  return found.map(([state]) => (state ?? null) as State | null);
}

/** Of how many of these retention has removed the files. */
export async function countRemoved(store: Store, ids: readonly string[]): Promise<number> {
  const found = await fromShards(store, ids, removedHere, null);
  return found.filter((isRemoved) => isRemoved === true).length;
}

async function removedHere(store: Store, ids: readonly string[]): Promise<(boolean | null)[]> {
  const found = await fieldsOf(store, ids.map(store.keys.generation), ['state', 'filesRemovedAt']);
  return found.map(([state, removedAt]) => (state == null ? null : state === 'succeeded' && removedAt != null));
}

/** Those of these ids that the ledger knows and that may still be submitted, by a retry at least: neither succeeded nor shrunk to a stub. */
export async function submittableIds(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const found = await fromShards(store, ids, submittableHere, null);
  return new Set(ids.filter((_id, at) => found[at] === true));
}

async function submittableHere(store: Store, ids: readonly string[]): Promise<(boolean | null)[]> {
  const found = await fieldsOf(store, ids.map(store.keys.generation), ['state', 'stub']);
  return found.map(([state, stub]) => (state == null ? null : state !== 'succeeded' && stub == null));
}

export async function countsOf(store: Store, provider: ProviderName): Promise<Counts> {
  const parts = await Promise.all(store.shards.map(({ redis, keys }) => redis.hgetall(keys.counts(provider))));
  return countsIn(parts, (state) => state);
}

/** What was estimated to be spent at a provider, per model and currency. */
export async function spendOf(store: Store, provider: ProviderName): Promise<Spend[]> {
  const parts = await Promise.all(store.shards.map(({ redis, keys }) => redis.hgetall(keys.counts(provider))));
  return sumOfSpend(parts.map(spendIn));
}

/** Over all parts. */
export function countsIn(parts: readonly Record<string, string>[], field: (state: State) => string): Counts {
  return Object.fromEntries(STATES.map((state) => [state, parts.reduce((sum, fields) => sum + Number(fields[field(state)] ?? 0), 0)])) as Counts;
}

export async function allCounts(store: Store): Promise<Record<ProviderName, Counts>> {
  const entries = await Promise.all(PROVIDER_NAMES.map(async (name) => [name, await countsOf(store, name)] as const));
  return Object.fromEntries(entries) as Record<ProviderName, Counts>;
}

/** Ids without a job on purpose. */
export async function heldOf(store: Store, account: string): Promise<string[]> {
  const held = await Promise.all(store.shards.map(({ redis, keys }) => redis.smembers(keys.held(account))));
  return held.flat();
}

/** The generation that a task of an account belongs to. */
export async function ownerOf(store: Store, account: string, taskKey: string): Promise<string | null> {
  const owners = await Promise.all(store.shards.map(({ redis, keys }) => redis.hget(keys.tasks(account), taskKey)));
  return owners.find((id) => id !== null) ?? null;
}

export async function slotsTaken(store: Store, account: string): Promise<number> {
  const { redis, keys } = shardOf(store, account);
  return redis.zcard(keys.slots(account));
}
