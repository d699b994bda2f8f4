/**
 * Holds the queued generations of a batch whose lines the file no longer has: a person removed those lines, so they are not paid for. They stay held
 * until a file has them again, and are listed; `--prune` cancels them. What was already submitted goes on, because it is paid.
 */
import { batchIds, cancelGeneration, chunked, hold, readGeneration, readGenerations, type Desk, type Generation, type Store } from '@dailies/queue';

export interface Dropped {
  id: string;
  title: string;
  outcome: 'held' | 'canceled';
}

const PAGE = 500;
/** Attempts for one generation: between our look and our act it may be submitted, refused (the account is full), and queued anew. */
const MOST_LOOKS = 5;

export async function dropOthers(desk: Desk, batch: string, kept: ReadonlySet<string>, prune: boolean): Promise<Dropped[]> {
  const dropped: Dropped[] = [];
  for await (const generation of queuedOthers(desk.store, batch, kept)) {
    const outcome = await drop(desk, generation, prune);
    if (outcome !== null) dropped.push({ ...nameOf(generation), outcome });
  }
  return dropped;
}

/** Answers what would become of them now. Changes nothing. */
export async function wouldDrop(store: Store, batch: string, kept: ReadonlySet<string>, prune: boolean): Promise<Dropped[]> {
  const dropped: Dropped[] = [];
  for await (const generation of queuedOthers(store, batch, kept)) dropped.push({ ...nameOf(generation), outcome: prune ? 'canceled' : 'held' });
  return dropped;
}

/** Goes a page at a time, so that little time passes between reading a generation and acting on it. */
async function* queuedOthers(store: Store, batch: string, kept: ReadonlySet<string>): AsyncGenerator<Generation> {
  const others = (await batchIds(store, batch)).filter((id) => !kept.has(id));
  for (const page of chunked(others, PAGE)) {
    for (const generation of await readGenerations(store, page)) if (generation?.state === 'queued') yield generation;
  }
}

function nameOf({ id, ask }: Generation): Pick<Dropped, 'id' | 'title'> {
  return { id, title: ask.prompt ?? ask.image ?? '' };
}

/** Null: a worker has taken it meanwhile, since a page takes a while. It is paid, or may be, and goes on. */
async function drop(desk: Desk, found: Generation, prune: boolean): Promise<Dropped['outcome'] | null> {
  let generation: Generation | null = found;
  for (let look = 0; look < MOST_LOOKS && generation?.state === 'queued'; look += 1) {
    if (prune && (await cancelGeneration(desk, generation.id, { seen: generation })).outcome === 'canceled') return 'canceled';
    if (!prune && (generation.held === 'dropped' || (await hold(desk.store, generation, 'dropped')))) return 'held';
    generation = await readGeneration(desk.store, generation.id);
  }
  return null;
}
