/**
 * An action on everything that a filter found, in two steps. First a plan says what would happen, for exactly these generations in their present
 * states. Then it is carried out for those that have not changed since. Unresolved generations are never among them, and nothing is submitted again
 * that the plan did not announce.
 */
import { randomBytes } from 'node:crypto';
import {
  BoundedMap, cancelMany, chunked, type Desk, type Generation, hasMaybeBilledSubmit, hasWaitingCancel, insistStopped, isLedgerHeld, MayBeForgotten, pauses,
  planRetry, readGenerations, retryMany, type Stopped,
} from '@dailies/queue';

type BulkWhat = 'retry' | 'cancel';
/** What would happen to one generation. */
export type Fate = 'submit' | 'poll' | 'fetch' | 'stop' | 'billed' | 'person' | 'nothing';

export interface BulkPlan {
  id: string;
  what: BulkWhat;
  /** The person who may carry it out. */
  who: string;
  /** The filter in words, for people. */
  words: string;
  counts: Record<Fate, number>;
  entries: (Pick<Generation, 'id' | 'state' | 'seq'> & { fate: Fate })[];
  /** Whether more were found than are acted on at once. */
  left: number;
  /** How many it has changed so far; null: it has not been begun. */
  done: number | null;
  /** How many of these are not canceled yet: that waits for the outcome of their submit. */
  requested: number;
  /** What it has stopped, and of which it is not certain yet that replicas have it. */
  stopped: Stopped[];
  until: number;
}

export interface BulkWish extends Pick<BulkPlan, 'what' | 'who' | 'words'> {
  /** The first that were found, at most as many as are acted on at once. */
  ids: readonly string[];
  /** How many were found in all. */
  total: number;
}

export const MOST_AT_ONCE = 5_000;
const KEEP_MS = 10 * 60_000;
const MOST_PLANS = 20;
const PAGE = 250;

export class BulkPlans {
  readonly #plans = new BoundedMap<string, BulkPlan>(MOST_PLANS);

  async make(desk: Desk, { what, who, words, ids, total }: BulkWish): Promise<BulkPlan> {
    const isOlderCopy = isLedgerHeld(await pauses(desk.store));
    const entries: BulkPlan['entries'] = [];
    for (const page of chunked(ids, PAGE)) {
      for (const generation of await readGenerations(desk.store, page)) {
        if (generation === null) continue;
        const { id, state, seq } = generation;
        entries.push({ id, state, seq, fate: what === 'retry' ? retryFate(generation) : cancelFate(generation, isOlderCopy) });
      }
    }
    const counts: Record<Fate, number> = { submit: 0, poll: 0, fetch: 0, stop: 0, billed: 0, person: 0, nothing: 0 };
    for (const { fate } of entries) counts[fate] += 1;
    const id = randomBytes(12).toString('base64url');
    const unbegun = { done: null, requested: 0, stopped: [] };
    const plan: BulkPlan = { id, what, who, words, counts, entries, left: total - ids.length, ...unbegun, until: Date.now() + KEEP_MS };
    this.#plans.set(plan.id, plan);
    return plan;
  }

  /** Null: there is no such plan, it is another person's, or it is too old. */
  find(id: string, who: string): BulkPlan | null {
    const plan = this.#plans.get(id);
    return plan === undefined || plan.who !== who || plan.until < Date.now() ? null : plan;
  }
}

/** It works once only. `mayPay`: false leaves out generations that would be submitted again. Throws MayBeForgotten, after all of it. */
export async function carryOut(desk: Desk, plan: BulkPlan, mayPay: boolean): Promise<{ done: number; requested: number; skipped: number }> {
  plan.done = 0;
  const wanted = plan.entries.filter(({ fate }) => fate !== 'nothing' && fate !== 'person' && (mayPay || fate !== 'submit'));
  // Counted as it goes: Redis may go away in the middle, and the plan then tells how far it came.
  for await (const done of plan.what === 'retry' ? retryAsPlanned(desk, wanted) : cancelAsPlanned(desk, plan, wanted)) plan.done += done;
  return { done: plan.done, requested: plan.requested, skipped: plan.entries.length - plan.done };
}

async function* retryAsPlanned(desk: Desk, entries: BulkPlan['entries']): AsyncGenerator<number> {
  // The oldest first, as they came: a list begins with the newest.
  const wishes = entries.map(({ id, seq, fate }) => ({ id, seq, mayPay: fate === 'submit' })).toReversed();
  for await (const outcomes of retryMany(desk, wishes, { byId: false })) yield outcomes.filter(({ done }) => done).length;
}

async function* cancelAsPlanned(desk: Desk, plan: BulkPlan, entries: BulkPlan['entries']): AsyncGenerator<number> {
  const stopped: Stopped[] = [];
  for (const page of chunked(entries, PAGE)) {
    const found = await readGenerations(desk.store, page.map(({ id }) => id));
    const asPlanned = found.filter((one, at) => one?.state === page[at]?.state && one?.seq === page[at]?.seq).filter((one) => one !== null);
    const outcomes = await cancelMany(desk, asPlanned, { asSeen: true, stopped });
    plan.requested += outcomes.filter(({ outcome }) => outcome === 'requested').length;
    yield outcomes.filter(({ outcome }) => ['canceled', 'requested'].includes(outcome)).length;
  }
  plan.stopped = stopped;
  await insistOn(desk, plan);
}

/** Asks whether replicas have what it has stopped; again, where they were too few. Throws MayBeForgotten. */
export async function insistOn(desk: Desk, plan: BulkPlan): Promise<void> {
  await insistStopped(desk, plan.stopped).catch((error: unknown) => {
    // What a fail-over has forgotten is in another preview, and is canceled by that.
    if (error instanceof MayBeForgotten && error.isForgotten) plan.stopped = [];
    throw error;
  });
  plan.stopped = [];
}

function retryFate(generation: Generation): Fate {
  const { what } = planRetry(generation);
  // A person abandoned it. It is retried only one by one, by its id.
  if (generation.failure?.kind === 'abandoned') return 'nothing';
  // Files that retention has removed are fetched again only one by one, too. Whether a stored file is whole is not checked here.
  return what === 'verify' || generation.state === 'succeeded' ? 'nothing' : what;
}

/** `isOlderCopy`: this Redis was rolled back, so what it calls queued may have been submitted in the time that is gone. */
function cancelFate(generation: Generation, isOlderCopy: boolean): Fate {
  switch (generation.state) {
    case 'queued':
      return isOlderCopy || hasMaybeBilledSubmit(generation) ? 'billed' : 'stop';
    case 'submitting':
    case 'ambiguous':
      return hasWaitingCancel(generation) && generation.unwanted !== true ? 'nothing' : 'billed';
    case 'rendering':
    case 'overdue':
      return 'billed';
    case 'unresolved':
      return 'person';
    default:
      return 'nothing';
  }
}
