/**
 * An action on everything that a filter found, in two steps. First a plan says what would happen, for exactly these generations in their present
 * states. Then it is carried out for those that have not changed since. Unresolved generations are never among them, and nothing is submitted again
 * that the plan did not announce.
 */
import { randomBytes } from 'node:crypto';
import {
  BoundedMap, cancelMany, chunked, type Desk, type Generation, hasMaybeBilledSubmit, isLedgerHeld, pauses, planRetry, readGenerations, retryGeneration,
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
    const plan = { id: randomBytes(12).toString('base64url'), what, who, words, counts, entries, left: total - ids.length, until: Date.now() + KEEP_MS };
    this.#plans.set(plan.id, plan);
    return plan;
  }

  /** Null: there is no such plan, it is another person's, it was taken already, or it is too old. */
  find(id: string, who: string): BulkPlan | null {
    const plan = this.#plans.get(id);
    return plan === undefined || plan.who !== who || plan.until < Date.now() ? null : plan;
  }

  /** Finds the plan, and forgets it: it works once only. */
  take(id: string, who: string): BulkPlan | null {
    const plan = this.find(id, who);
    if (plan !== null) this.#plans.delete(id);
    return plan;
  }
}

/** `mayPay`: false leaves out generations that would be submitted again. */
export async function carryOut(desk: Desk, plan: BulkPlan, mayPay: boolean): Promise<{ done: number; skipped: number }> {
  const wanted = plan.entries.filter(({ fate }) => fate !== 'nothing' && fate !== 'person' && (mayPay || fate !== 'submit'));
  const done = await (plan.what === 'retry' ? retryAsPlanned(desk, wanted) : cancelAsPlanned(desk, wanted));
  return { done, skipped: plan.entries.length - done };
}

async function retryAsPlanned(desk: Desk, entries: BulkPlan['entries']): Promise<number> {
  let done = 0;
  for (const { id, seq, fate } of entries) done += (await retryGeneration(desk, id, { mayPay: fate === 'submit', byId: false, seq })).done ? 1 : 0;
  return done;
}

async function cancelAsPlanned(desk: Desk, entries: BulkPlan['entries']): Promise<number> {
  let done = 0;
  for (const page of chunked(entries, PAGE)) {
    const found = await readGenerations(desk.store, page.map(({ id }) => id));
    const asPlanned = found.filter((one, at) => one?.state === page[at]?.state && one?.seq === page[at]?.seq).filter((one) => one !== null);
    const outcomes = await cancelMany(desk, asPlanned, { asSeen: true });
    done += outcomes.filter(({ outcome }) => ['canceled', 'requested'].includes(outcome)).length;
  }
  return done;
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
    case 'rendering':
    case 'overdue':
      return 'billed';
    case 'unresolved':
      return 'person';
    default:
      return 'nothing';
  }
}
