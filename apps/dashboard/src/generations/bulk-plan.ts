/**
 * An action on all that a filter found, in two steps: what would happen, said first and bound to these very generations as they are now; then
 * done, to those that have not changed since. An unresolved one is never among them, and nothing is submitted again that was not announced.
 */
import { randomBytes } from 'node:crypto';
import { cancelGeneration, type Desk, type Generation, planRetry, readGenerations, retryGeneration } from '@dailies/queue';

type BulkWhat = 'retry' | 'cancel';
/** What would happen to one. */
export type Fate = 'submit' | 'poll' | 'fetch' | 'stop' | 'billed' | 'person' | 'nothing';

export interface BulkPlan {
  id: string;
  what: BulkWhat;
  /** Who may carry it out. */
  who: string;
  /** The filter, for people. */
  words: string;
  counts: Record<Fate, number>;
  entries: (Pick<Generation, 'id' | 'state' | 'seq'> & { fate: Fate })[];
  /** More were found than are acted on at once. */
  left: number;
  until: number;
}

export interface BulkWish extends Pick<BulkPlan, 'what' | 'who' | 'words'> {
  /** Those that were found first, as many as are acted on at once. */
  ids: readonly string[];
  /** How many were found. */
  total: number;
}

export const MOST_AT_ONCE = 5_000;
const KEEP_MS = 10 * 60_000;
const MOST_PLANS = 20;
const PAGE = 250;

export class BulkPlans {
  readonly #plans = new Map<string, BulkPlan>();

  async make(desk: Desk, { what, who, words, ids, total }: BulkWish): Promise<BulkPlan> {
    const entries: BulkPlan['entries'] = [];
    for (let at = 0; at < ids.length; at += PAGE) {
      for (const generation of await readGenerations(desk.store, ids.slice(at, at + PAGE))) {
        if (generation === null) continue;
        const { id, state, seq } = generation;
        entries.push({ id, state, seq, fate: what === 'retry' ? retryFate(generation) : cancelFate(generation) });
      }
    }
    const counts: Record<Fate, number> = { submit: 0, poll: 0, fetch: 0, stop: 0, billed: 0, person: 0, nothing: 0 };
    for (const { fate } of entries) counts[fate] += 1;
    const plan = { id: randomBytes(12).toString('base64url'), what, who, words, counts, entries, left: total - ids.length, until: Date.now() + KEEP_MS };
    this.#plans.set(plan.id, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > MOST_PLANS && oldest !== undefined) this.#plans.delete(oldest);
    return plan;
  }

  /** Once only. Null: there is none of that name, of that person, or it is too old. */
  take(id: string, who: string): BulkPlan | null {
    const plan = this.#plans.get(id);
    if (plan === undefined || plan.who !== who) return null;
    this.#plans.delete(id);
    return plan.until < Date.now() ? null : plan;
  }
}

/** `mayPay`: false leaves out what would be submitted again. */
export async function carryOut(desk: Desk, plan: BulkPlan, mayPay: boolean): Promise<{ done: number; skipped: number }> {
  const wanted = plan.entries.filter(({ fate }) => fate !== 'nothing' && fate !== 'person' && (mayPay || fate !== 'submit'));
  let done = 0;
  for (const { id, state, seq, fate } of wanted) {
    if (plan.what === 'retry') done += (await retryGeneration(desk, id, { mayPay: fate === 'submit', byId: false, seq })).done ? 1 : 0;
    else done += ['canceled', 'requested'].includes((await cancelGeneration(desk, id, { seen: { state, seq } })).outcome) ? 1 : 0;
  }
  return { done, skipped: plan.entries.length - done };
}

function retryFate(generation: Generation): Fate {
  const { what } = planRetry(generation);
  // A person gave it up: only by its id is it taken up again.
  if (generation.failure?.kind === 'abandoned') return 'nothing';
  // Nor are files that retention has removed fetched again but by its id; and whether one is whole is not looked at here.
  return what === 'verify' || generation.state === 'succeeded' ? 'nothing' : what;
}

function cancelFate({ state }: Generation): Fate {
  switch (state) {
    case 'queued':
      return 'stop';
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
