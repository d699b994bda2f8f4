/**
 * Whose task it is that a look-up has found. Not every task that answers to our name, or to our request, was made by this submit; one that was not
 * must never be adopted: its video would be taken for this one's.
 */
import type { Found } from '@dailies/providers';
import { type Generation, readGenerations, restedFor } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** So much older than the submit, by each side's own clock, and it was not made by it. */
const OLDER_MS = 120_000;
/** What `generationId` makes. */
const DRAWN_ID = /^g[a-z2-7]{20}$/;

type Whose = 'ours' | 'another ledger' | 'perhaps a sibling';

export async function whoseTask(context: WorkerContext, generation: Generation, found: Found): Promise<Whose> {
  if (await isOfAnotherLedger(context, generation, found)) return 'another ledger';
  if (found.by === 'request' && (await hasSiblingSubmitting(context, generation))) return 'perhaps a sibling';
  return 'ours';
}

/**
 * An id that a person chose may have named another prompt in another ledger, or in one that was deleted. The upstream then refuses our submit because
 * of that task, and the look-up finds that task. An id that was drawn from the prompt can only be of the same prompt.
 */
async function isOfAnotherLedger({ store }: WorkerContext, generation: Generation, { ageMs }: Found): Promise<boolean> {
  const { id, absences = 0, restored, ambiguity } = generation;
  // Sent before in this round, or at a time that nobody knows.
  if (ageMs === undefined || DRAWN_ID.test(id) || absences > 0 || restored === true || ambiguity?.until !== undefined) return false;
  const { sinceIntentMs } = await restedFor(store, generation);
  return sinceIntentMs !== null && ageMs > sinceIntentMs + OLDER_MS;
}

/** A sibling asks for the same and has no task yet: the one that was found may be its, and the answer that says so still on its way. */
async function hasSiblingSubmitting({ store }: WorkerContext, generation: Generation): Promise<boolean> {
  const request = JSON.stringify(generation.request);
  const inFlight = await store.redis.zrange(store.keys.slots(generation.account), '0', '-1');
  const others = await readGenerations(store, inFlight.filter((id) => id !== generation.id));
  return others.some((one) => one !== null && one.task === undefined && JSON.stringify(one.request) === request);
}
