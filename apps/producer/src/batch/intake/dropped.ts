/**
 * Holds the queued generations of a batch whose lines the file no longer has: a person removed those lines, so they are not paid for. They stay held
 * until a file has them again, and are listed; `--prune` cancels them. What was already submitted goes on, because it is paid, or may be. It is marked:
 * if it is not paid after all (never accepted, or failed unbilled), the ledger holds it instead of queuing it again (its apply-script.ts).
 */
import {
  batchIds, cancelGeneration, chunked, hold, MAY_QUEUE_AGAIN, note, readGeneration, readGenerations, withoutReplicas,
  type Desk, type Generation, type State, type Stopped, type Store,
} from '@dailies/queue';

export interface Dropped {
  id: string;
  title: string;
  /** `doubtful`: it may be paid. It goes on if it was accepted, and is held if it was not. */
  outcome: 'held' | 'canceled' | 'doubtful';
}

/** As many are read, and then acted on, together: little time passes in between, and Redis is not kept from everybody else. */
const PAGE = 100;
const MAY_BE_PAID: readonly State[] = ['submitting', 'ambiguous'];
/** Attempts for one generation: between our look and our act it may be submitted, refused (the account is full), and queued anew. */
const MOST_LOOKS = 5;

/** Answers what became of them, and, for `insistStopped`, what is held or canceled now: no replica is asked before people are told of it. */
export async function dropOthers(
  desk: Desk,
  batch: string,
  kept: ReadonlySet<string>,
  prune: boolean,
): Promise<{ dropped: Dropped[]; stopped: Stopped[] }> {
  const dropped: Dropped[] = [];
  const stopped: Stopped[] = [];
  for await (const page of others(desk.store, batch, kept)) {
    const outcomes = await Promise.all(page.map((one) => drop(withoutReplicas(desk), one, prune)));
    page.forEach((one, at) => {
      const outcome = outcomes[at];
      if (outcome == null) return;
      dropped.push({ ...nameOf(one), outcome });
      // Of what is held, as of a wish: that the replicas follow.
      if (outcome !== 'doubtful') stopped.push({ id: one.id, account: one.account, shard: one.shard, isCanceled: outcome === 'canceled' });
    });
  }
  return { dropped, stopped };
}

/** Answers what would become of them now. Changes nothing. */
export async function wouldDrop(store: Store, batch: string, kept: ReadonlySet<string>, prune: boolean): Promise<Dropped[]> {
  const dropped: Dropped[] = [];
  for await (const page of others(store, batch, kept)) {
    const outcomeOf = ({ state }: Generation): Dropped['outcome'] => (MAY_BE_PAID.includes(state) ? 'doubtful' : prune ? 'canceled' : 'held');
    const listed = page.filter(({ state }) => state === 'queued' || MAY_BE_PAID.includes(state));
    dropped.push(...listed.map((one) => ({ ...nameOf(one), outcome: outcomeOf(one) })));
  }
  return dropped;
}

async function* others(store: Store, batch: string, kept: ReadonlySet<string>): AsyncGenerator<Generation[]> {
  const ids = (await batchIds(store, batch)).filter((id) => !kept.has(id));
  for (const some of chunked(ids, PAGE)) {
    yield (await readGenerations(store, some)).filter((one) => one !== null);
  }
}

function nameOf({ id, ask }: Generation): Pick<Dropped, 'id' | 'title'> {
  return { id, title: ask.prompt ?? ask.image ?? '' };
}

/** Null: it is paid, and goes on. A worker may have taken it meanwhile, since a page takes a while. */
async function drop(desk: Desk, found: Generation, prune: boolean): Promise<Dropped['outcome'] | null> {
  let generation: Generation | null = found;
  for (let look = 0; look < MOST_LOOKS && generation !== null; look += 1) {
    if (MAY_QUEUE_AGAIN.includes(generation.state)) {
      const isMarked = generation.dropped === true || (await note(desk.store, generation, { dropped: true }));
      if (isMarked) return MAY_BE_PAID.includes(generation.state) ? 'doubtful' : null;
    } else if (generation.state !== 'queued') return null;
    else if (prune && (await cancelGeneration(desk, generation.id, { seen: generation })).outcome === 'canceled') return 'canceled';
    else if (!prune && (generation.held === 'dropped' || (await hold(desk.store, generation, 'dropped')))) return 'held';
    generation = await readGeneration(desk.store, generation.id);
  }
  return null;
}
