/**
 * An intake over several shards, all of it or nothing. Each shard is written on its own, so it goes in four steps:
 *
 * 1. written unsealed into each shard that its accounts live in: invisible, but every id is held by the intake's token;
 * 2. looked up in all other shards: an id is one generation's whatever shard it is in. Whoever looks has written before, so of two intakes
 *    that bring one id to two shards at the same moment at least one sees the other;
 * 3. decided by one write at the batch's home, where its positions, and what is said of it as a whole, are kept;
 * 4. sealed in each shard, and the decision forgotten.
 *
 * A crash before step 3 leaves nothing visible. After it, the intake is finished by the sweep, or by another intake that meets its ids
 * (settle-intakes.ts). Single requests of one shard have no home: for them sealing is the deciding write.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import { homeOf, shardOf } from '../../shards/routing.ts';
import { DECIDE, LOOK } from './create-across-script.ts';
import { AHEAD, CHUNK, chunked, createChunk, createdOf, latestOf, openIntake } from './create-chunk.ts';
import type { Created, CreateResult, Intake, NewGeneration } from './intake.ts';
import { finishIntake, sealPart, settleIntake, takeBack } from './settle-intakes.ts';
import { OtherShards } from '../shard-count.ts';
import { runScript, type Store } from '../store.ts';

const LOOKED_UP_AT_ONCE = 2_000;
const REST_MS = 100;
const MOST_RESTS = 20;
/** How long a failed intake tries to clean up behind itself: many times what that takes while Redis answers. */
const UNDO_MS = 250;

interface Part {
  shard: Store;
  items: { item: NewGeneration; offset: number }[];
}

interface Across {
  store: Store;
  intake: Intake;
  token: string;
  home: Store;
  parts: Part[];
}

export async function createAcross(store: Store, intake: Intake): Promise<CreateResult> {
  const parts = partsOf(store, intake.items);
  const home = homeFor(store, intake, parts);
  const across: Across = { store, intake, home, parts, token: `${home.number}.${randomBytes(9).toString('base64url')}` };
  let result: CreateResult | 'again' = 'again';
  try {
    for (let looks = 0; result === 'again' && looks < MOST_RESTS; looks += 1) result = await attempt(across);
  } catch (error) {
    // The decision may have been made: then the intake is finished. Or it is still on its way to Redis: then it comes too late, since the intake is ended.
    const settled = settleIntake(store, home, across.token, Number.POSITIVE_INFINITY)
      .then((fate) => (fate === 'gone' ? abandon(across) : undefined))
      .catch(() => undefined);
    // Not for long: a Redis that does not answer would keep the caller waiting once more. What is left then, the sweep settles.
    await Promise.race([settled, rest(UNDO_MS, undefined, { ref: false })]);
    throw error;
  }
  return result === 'again' ? { outcome: 'busy' } : result;
}

/** `again`: another intake held some of the ids, and holds them no more: it is worth another try. */
async function attempt(across: Across): Promise<CreateResult | 'again'> {
  const { intake, parts } = across;
  const written = await all(parts.map((part) => write(across, part)));
  const refused = written.find((one) => one.outcome !== 'written');
  if (refused !== undefined) {
    await abandon(across);
    const conflicts = written.flatMap((one) => (one.outcome === 'conflict' ? one.ids : []));
    if (conflicts.length > 0) return { outcome: 'conflict', ids: conflicts };
    if (refused.outcome !== 'contested') return { outcome: 'busy' };
    return (await isOutOfTheWay(across, refused.shard, refused.token, refused.ageMs)) ? 'again' : { outcome: 'busy' };
  }
  const fresh = written.flatMap((one) => (one.outcome === 'written' ? one.fresh : []));
  const looked = await lookUp(across, fresh);
  if (looked.conflicts.length > 0) {
    await abandon(across);
    return { outcome: 'conflict', ids: looked.conflicts };
  }
  for (const { shard, token, ageMs } of looked.contested) {
    await abandon(across);
    return (await isOutOfTheWay(across, shard, token, ageMs)) ? 'again' : { outcome: 'busy' };
  }
  const created = inOrderOf(intake, fresh.filter(({ item }) => !looked.known.has(item.id)));
  for (const { shard, items } of parts) {
    const twice = items.flatMap(({ item }) => (looked.known.has(item.id) ? [item.id] : []));
    if (twice.length > 0) await takeBack(shard, across.token, twice);
  }
  const ended = await decideAndSeal(across, created, looked);
  if (ended !== 'sealed') {
    await abandon(across);
    return ended === 'other' ? { outcome: 'other', ids: created.map(({ item }) => item.id) } : { outcome: 'busy' };
  }
  const ids = new Set(created.map(({ item }) => item.id));
  const known = intake.items.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
  return { outcome: 'accepted', created: [...ids], known: [...new Set(known)], fresh: created };
}

type Written =
  | { outcome: 'written'; fresh: Created[] }
  | { outcome: 'conflict'; ids: string[] }
  | { outcome: 'contested'; shard: Store; token: string; ageMs: number }
  | { outcome: 'refused' };

async function write({ intake, token }: Across, { shard, items }: Part): Promise<Written> {
  const opened = openIntake(shard, intake, token);
  const fresh: Created[] = [];
  const conflicts: string[] = [];
  const chunks = chunked(items, CHUNK).map((chunk) => ({ items: chunk.map(({ item }) => item), offsets: chunk.map(({ offset }) => offset) }));
  for (const some of chunked(chunks, AHEAD)) {
    const answers = await all(some.map((chunk) => createChunk(shard, intake, opened, { seal: 'part', latest: 0, offsets: chunk.offsets }, chunk.items)));
    for (const [at, [outcome = '', ...told]] of answers.entries()) {
      if (outcome === 'conflict') conflicts.push(...told);
      else if (outcome === 'contested') return { outcome, shard, token: told[0] ?? '', ageMs: Number(told[1]) };
      else if (outcome === 'shards') throw new OtherShards(shard.whole.shards.length, Number(told[0]));
      else if (outcome !== 'accepted') return { outcome: 'refused' };
      else fresh.push(...createdOf(some[at]?.items ?? [], told).filter((one) => one !== null));
    }
  }
  return conflicts.length > 0 ? { outcome: 'conflict', ids: conflicts } : { outcome: 'written', fresh };
}

interface LookedUp {
  /** Ids that another shard has with the same request. */
  known: ReadonlySet<string>;
  conflicts: string[];
  contested: { shard: Store; token: string; ageMs: number }[];
  /** Of the batch, over all shards. */
  lastPosition: number;
  listedAt: number[];
  withParts: number[];
}

async function lookUp({ store, intake, token }: Across, fresh: readonly Created[]): Promise<LookedUp> {
  const known = new Set<string>();
  const found: LookedUp = { known, conflicts: [], contested: [], lastPosition: 0, listedAt: [], withParts: [] };
  await Promise.all(
    store.shards.map(async (shard) => {
      const items = fresh.map(({ item }) => item).filter(({ account }) => shardOf(store, account) !== shard);
      for (const some of items.length === 0 ? [[]] : chunked(items, LOOKED_UP_AT_ONCE)) {
        const { keys } = shard;
        const ofBatch = [keys.batchItems(intake.batch), keys.batch(intake.batch), keys.batches];
        const keyList = [keys.all, keys.intakes, ...ofBatch, ...some.map(({ id }) => keys.generation(id))];
        const [last, listed, part, ...states] = (await runScript(shard, LOOK, keyList, [intake.batch ?? '', ...some.map(({ id }) => id)])) as string[];
        found.lastPosition = Math.max(found.lastPosition, Number(last));
        if (listed === '1' && !found.listedAt.includes(shard.number)) found.listedAt.push(shard.number);
        if (part === '1' && !found.withParts.includes(shard.number)) found.withParts.push(shard.number);
        for (const [at, { id, fingerprint }] of some.entries()) {
          const state = states[at] ?? '';
          if (state === `f${fingerprint}`) known.add(id);
          else if (state.startsWith('f')) found.conflicts.push(id);
          const [, other = '', age] = /^p(.+)\|(-?\d+)$/.exec(state) ?? [];
          if (other !== '' && other !== token) found.contested.push({ shard, token: other, ageMs: Number(age) });
        }
      }
    }),
  );
  return found;
}

async function decideAndSeal(across: Across, created: readonly Created[], looked: LookedUp): Promise<'sealed' | 'other' | 'busy'> {
  const { store, intake, token, home, parts } = across;
  // The caller's time is counted only from here on: however long a large batch took to write, nothing of it is visible yet.
  const latest = await latestOf(home, intake);
  const [only] = parts;
  if (intake.batch === null && parts.length === 1 && only !== undefined) {
    return (await sealPart(only.shard, token, null, { base: '', attended: '', decides: true, latest })) === 'sealed' ? 'sealed' : 'busy';
  }
  const { keys } = home;
  const elsewhere = looked.listedAt.some((number) => number !== home.number);
  const fresh = new Set(created.map(({ item }) => shardOf(store, item.account).number));
  const args = [
    token, intake.batch ?? '', intake.items.length, looked.lastPosition, elsewhere ? '1' : '0', created.length,
    intake.closed === true ? '1' : '0', intake.attended ? '1' : '0', intake.folder ?? '', intake.batch === null ? '' : (intake.webhook ?? ''),
    intake.createdBy ?? '', latest, [...fresh].join(','), store.shards.length, looked.withParts.join(','),
  ];
  const [outcome, word = ''] = (await runScript(home, DECIDE, [keys.batch(intake.batch), keys.batches, keys.decisions, keys.guard], args)) as string[];
  if (outcome === 'shards') throw new OtherShards(store.shards.length, Number(word));
  if (outcome !== 'decided') return outcome === 'other' ? 'other' : 'busy';
  await finishIntake(store, token, word);
  return 'sealed';
}

/** Takes back everything that the intake has written. Call it only where it is certain that the intake was not decided. */
async function abandon({ parts, token }: Across): Promise<void> {
  await Promise.all(parts.map(({ shard }) => takeBack(shard, token)));
}

/** Like Promise.all; but when one fails, the others are awaited first: none may still be writing while what was written is taken back. */
async function all<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** Whether it is worth trying again after another intake stood in the way. Of two that meet each other one gives up at once, and the other waits for that. */
async function isOutOfTheWay({ store, token }: Across, shard: Store, other: string, ageMs: number): Promise<boolean> {
  const fate = await settleIntake(store, shard, other, ageMs);
  if (fate !== 'open') return true;
  if (token > other) return false;
  await rest(REST_MS);
  return true;
}

function partsOf(store: Store, items: readonly NewGeneration[]): Part[] {
  const parts = new Map<Store, Part>();
  for (const [offset, item] of items.entries()) {
    const shard = shardOf(store, item.account);
    const part = parts.get(shard) ?? { shard, items: [] };
    part.items.push({ item, offset: offset + 1 });
    parts.set(shard, part);
  }
  return [...parts.values()];
}

/** The shard in which the intake is decided. */
function homeFor(store: Store, { batch }: Intake, parts: readonly Part[]): Store {
  const [only] = parts;
  return batch === null && parts.length === 1 && only !== undefined ? only.shard : homeOf(store, batch);
}

function inOrderOf({ items }: Intake, created: readonly Created[]): Created[] {
  const places = new Map(items.map(({ id }, at) => [id, at]));
  return created.toSorted((a, b) => (places.get(a.item.id) ?? 0) - (places.get(b.item.id) ?? 0));
}
