/**
 * Queued generations of a batch that its file no longer has: a person took those lines out, so they are not paid for. They are held
 * until a file has them again, and listed; `--prune` cancels them. What is already on its way goes on: it is paid.
 */
import { batchIds, cancelGeneration, hold, readGeneration, readGenerations, type Desk, type Generation, type Store } from '@dailies/queue';

export interface Dropped {
  id: string;
  title: string;
  outcome: 'held' | 'canceled';
}

const PAGE = 500;
/** Between our look and our act it may be submitted, refused (the account is full), and be queued anew. */
const MOST_LOOKS = 5;

export async function dropOthers(desk: Desk, batch: string, kept: ReadonlySet<string>, prune: boolean): Promise<Dropped[]> {
  const dropped: Dropped[] = [];
  for await (const generation of queuedOthers(desk.store, batch, kept)) {
    const outcome = await drop(desk, generation, prune);
    if (outcome !== null) dropped.push({ ...nameOf(generation), outcome });
  }
  return dropped;
}

/** What would become of them now. Changes nothing. */
export async function wouldDrop(store: Store, batch: string, kept: ReadonlySet<string>, prune: boolean): Promise<Dropped[]> {
  const dropped: Dropped[] = [];
  for await (const generation of queuedOthers(store, batch, kept)) dropped.push({ ...nameOf(generation), outcome: prune ? 'canceled' : 'held' });
  return dropped;
}

/** A page at a time, so that what is looked at is not long ago when it is acted on. */
async function* queuedOthers(store: Store, batch: string, kept: ReadonlySet<string>): AsyncGenerator<Generation> {
  const others = (await batchIds(store, batch)).filter((id) => !kept.has(id));
  for (let at = 0; at < others.length; at += PAGE) {
    for (const generation of await readGenerations(store, others.slice(at, at + PAGE))) if (generation?.state === 'queued') yield generation;
  }
}

function nameOf({ id, ask }: Generation): Pick<Dropped, 'id' | 'title'> {
  return { id, title: ask.prompt ?? ask.image ?? '' };
}

/** Null: it left the queue before us. It is paid for by now, or may be, and goes on: a page of these takes a while, and workers do not wait. */
async function drop(desk: Desk, found: Generation, prune: boolean): Promise<Dropped['outcome'] | null> {
  let generation: Generation | null = found;
  for (let look = 0; look < MOST_LOOKS && generation?.state === 'queued'; look += 1) {
    if (prune && (await cancelGeneration(desk, generation.id, { seen: generation })).outcome === 'canceled') return 'canceled';
    if (!prune && (generation.held === 'dropped' || (await hold(desk.store, generation, 'dropped')))) return 'held';
    generation = await readGeneration(desk.store, generation.id);
  }
  return null;
}
