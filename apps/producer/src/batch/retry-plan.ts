/**
 * What a retry would do, before anything is done: how many generations would be paid again, and how many cost nothing. The files of succeeded ones are
 * checked, since only damaged files are fetched again.
 */
import { planRetry, type Generation, type RetryPlan } from '@dailies/queue';
import { StoreError } from '@dailies/results';

/** A generation as it was seen. If it has moved since, what was said of it no longer holds. */
type Seen = Pick<Generation, 'id' | 'seq'>;

export interface RetryPlans {
  submit: Seen[];
  poll: Seen[];
  fetch: Seen[];
  /** Unresolved generations, which need a person's decision. */
  person: string[];
  /** Given up by a person: retried by their ids only, and then as `plan` says. */
  abandoned: { id: string; plan: RetryPlan['what'] }[];
  /** On their way, or succeeded with whole files. */
  nothing: number;
  /** Succeeded with files that cannot be looked at from here: nothing is known of them, so nothing is done. */
  unseen: number;
  /** The reason, for one of them. */
  unseenWhy: string | null;
}

type LookAtFiles = (generation: Generation) => Promise<boolean | StoreError>;

export async function planRetries(
  generations: AsyncIterable<Generation>,
  options: { byId: boolean; filesAreWhole: LookAtFiles },
): Promise<RetryPlans> {
  const plans: RetryPlans = { submit: [], poll: [], fetch: [], person: [], abandoned: [], nothing: 0, unseen: 0, unseenWhy: null };
  for await (const generation of generations) {
    const plan = planRetry(generation);
    const kind = await kindOf(generation, plan, options);
    if (kind instanceof StoreError) {
      plans.unseen += 1;
      plans.unseenWhy = kind.message;
    } else if (kind === 'nothing') plans.nothing += 1;
    else if (kind === 'person') plans.person.push(generation.id);
    else if (kind === 'abandoned') plans.abandoned.push({ id: generation.id, plan: plan.what });
    else plans[kind].push({ id: generation.id, seq: generation.seq });
  }
  return plans;
}

export function planText({ submit, poll, fetch, person }: RetryPlans): string {
  return `${submit.length} will be submitted again, ${poll.length} only polled, ${fetch.length} fetched, ${person.length} need you`;
}

async function kindOf(
  generation: Generation,
  plan: RetryPlan,
  options: Parameters<typeof planRetries>[1],
): Promise<Exclude<keyof RetryPlans, 'unseen' | 'unseenWhy'> | StoreError> {
  if (generation.failure?.kind === 'abandoned' && !options.byId) return 'abandoned';
  // Retention removed these files on purpose. A person who wants one back names it by its id.
  if (generation.filesRemovedAt !== undefined && generation.state === 'succeeded' && !options.byId) return 'nothing';
  if (plan.what !== 'verify') return plan.what;
  const whole = await options.filesAreWhole(generation);
  if (whole instanceof StoreError) return whole;
  return whole ? 'nothing' : 'fetch';
}
