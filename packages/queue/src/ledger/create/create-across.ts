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
import { chunked } from '../../chunked.ts';
import { groupedBy } from '../../grouped-by.ts';
import { homeOf, shardOf } from '../../shards/routing.ts';
import { DECIDE, DECIDE_WORDS } from './create-across-script.ts';
import { AHEAD, CHUNK, createChunk, createdOf, latestOf, openIntake } from './create-chunk.ts';
import type { Created, CreateResult, Intake, NewGeneration } from './intake.ts';
import { type Contested, lookUp, type LookedUp } from './look-up.ts';
import { finishIntake, sealPart, settleIntake, takeBack } from './settle-intakes.ts';
import { inOrder } from '../script-words.ts';
import { OtherShards } from '../shard-count.ts';
import { runScript, type Store } from '../store.ts';

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
  const { store, intake, parts, token } = across;
  const written = await allEnded(parts.map((part) => write(across, part)));
  const hindrance = hindranceIn(written);
  if (hindrance !== null) return giveUp(across, hindrance);
  const fresh = written.flatMap((one) => (one.outcome === 'written' ? one.fresh : []));

  const looked = await lookUp(store, intake, fresh);
  const [contested] = looked.contested;
  if (looked.conflicts.length > 0) return giveUp(across, { outcome: 'conflict', ids: looked.conflicts });
  if (contested !== undefined) return giveUp(across, { outcome: 'contested', ...contested });
  for (const { shard, items } of parts) {
    const twice = items.flatMap(({ item }) => (looked.known.has(item.id) ? [item.id] : []));
    if (twice.length > 0) await takeBack(shard, token, twice);
  }

  const created = inOrderOf(intake, fresh.filter(({ item }) => !looked.known.has(item.id)));
  const ids = created.map(({ item }) => item.id);
  const ended = await decideAndSeal(across, created, looked);
  if (ended !== 'sealed') return giveUp(across, ended === 'other' ? { outcome: 'other', ids } : { outcome: 'busy' });
  const isCreated = new Set(ids);
  const known = new Set(intake.items.flatMap(({ id }) => (isCreated.has(id) ? [] : [id])));
  return { outcome: 'accepted', created: [...isCreated], known: [...known], fresh: created };
}

/** Why an intake is not accepted. */
type Hindrance = Exclude<CreateResult, { outcome: 'accepted' }> | ({ outcome: 'contested' } & Contested);

/** Takes back what the intake has written, and answers for it. */
async function giveUp(across: Across, hindrance: Hindrance): Promise<CreateResult | 'again'> {
  await abandon(across);
  if (hindrance.outcome !== 'contested') return hindrance;
  return (await isOutOfTheWay(across, hindrance)) ? 'again' : { outcome: 'busy' };
}

type Written = { outcome: 'written'; fresh: Created[] } | Hindrance;

/** The conflicts of all parts; else what hinders the first part that is hindered. */
function hindranceIn(written: readonly Written[]): Hindrance | null {
  const ids = written.flatMap((one) => (one.outcome === 'conflict' ? one.ids : []));
  if (ids.length > 0) return { outcome: 'conflict', ids };
  return written.find((one) => one.outcome !== 'written') ?? null;
}

async function write({ intake, token }: Across, { shard, items }: Part): Promise<Written> {
  const opened = openIntake(shard, intake, token);
  const fresh: Created[] = [];
  const conflicts: string[] = [];
  const chunks = chunked(items, CHUNK).map((chunk) => ({ items: chunk.map(({ item }) => item), offsets: chunk.map(({ offset }) => offset) }));
  for (const some of chunked(chunks, AHEAD)) {
    const writing = { intake, opened, seal: 'part', latest: 0 } as const;
    const answers = await allEnded(some.map((chunk) => createChunk(shard, chunk.items, { ...writing, offsets: chunk.offsets })));
    for (const [at, [outcome = '', ...told]] of answers.entries()) {
      if (outcome === 'conflict') conflicts.push(...told);
      else if (outcome === 'contested') return { outcome, shard, token: told[0] ?? '', ageMs: Number(told[1]) };
      else if (outcome === 'shards') throw new OtherShards(shard.whole.shards.length, Number(told[0]));
      else if (outcome !== 'accepted') return { outcome: 'busy' };
      else fresh.push(...createdOf(some[at]?.items ?? [], told).filter((one) => one !== null));
    }
  }
  return conflicts.length > 0 ? { outcome: 'conflict', ids: conflicts } : { outcome: 'written', fresh };
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
  const elsewhere = [...looked.listedAt].some((number) => number !== home.number);
  const fresh = new Set(created.map(({ item }) => shardOf(store, item.account).number));
  const args = inOrder(DECIDE_WORDS, {
    token,
    name: intake.batch ?? '',
    count: intake.items.length,
    floor: looked.lastPosition,
    elsewhere: elsewhere ? '1' : '0',
    others: created.length,
    closed: intake.closed === true ? '1' : '0',
    attended: intake.attended ? '1' : '0',
    folder: intake.folder ?? '',
    webhook: intake.batch === null ? '' : (intake.webhook ?? ''),
    creator: intake.createdBy ?? '',
    latest,
    fresh: [...fresh].join(','),
    shards: store.shards.length,
    withParts: [...looked.withParts].join(','),
  });
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
async function allEnded<Result>(work: readonly Promise<Result>[]): Promise<Result[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** Whether it is worth trying again after another intake stood in the way. Of two that meet each other one gives up at once, and the other waits for that. */
async function isOutOfTheWay({ store, token }: Across, { shard, token: other, ageMs }: Contested): Promise<boolean> {
  const fate = await settleIntake(store, shard, other, ageMs);
  if (fate !== 'open') return true;
  if (token > other) return false;
  await rest(REST_MS);
  return true;
}

function partsOf(store: Store, items: readonly NewGeneration[]): Part[] {
  const placed = items.map((item, at) => ({ item, offset: at + 1 }));
  return [...groupedBy(placed, ({ item }) => shardOf(store, item.account))].map(([shard, some]) => ({ shard, items: some }));
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
