/**
 * Whose task it is that a look-up has found. Not every task that answers to our name, or to our request, was made by this submit; one that was not
 * must never be adopted: its video would be taken for this one's. And never is that called another's for certain which an earlier submit of this
 * generation may have made.
 */
import type { Found } from '@dailies/providers';
import { type Generation, readGenerations, restedFor } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** So much older than the submit, by each side's own clock, and it was not made by it. */
const OLDER_MS = 120_000;
/** So much older than anything that was ever sent of it, and no clocks that are some minutes apart make another's of what is ours. */
const FAR_OLDER_MS = 600_000;
/** What `generationId` makes. */
const DRAWN_ID = /^g[a-z2-7]{20}$/;

/** `another refused ours`: another ledger's, and the upstream has said that it did not take ours for that one's sake. */
type Whose = 'ours' | 'another ledger' | 'another refused ours' | 'perhaps a sibling';

export async function whoseTask(context: WorkerContext, generation: Generation, found: Found): Promise<Whose> {
  const another = await ofAnotherLedger(context, generation, found);
  if (another !== null) return another;
  if (found.by === 'request' && ((await isOfSibling(context, generation, found)) || (await hasSiblingSubmitting(context, generation)))) return 'perhaps a sibling';
  return 'ours';
}

/**
 * An id that a person chose may have named another prompt in another ledger, or in one that was deleted. The upstream then refuses our submit because
 * of that task, and the look-up finds that task. An id that was drawn from the prompt can only be of the same prompt.
 */
async function ofAnotherLedger({ store }: WorkerContext, generation: Generation, { ageMs }: Found): Promise<'another ledger' | 'another refused ours' | null> {
  const { id, absences = 0, restored, ambiguity } = generation;
  // Sent before in this round, or at a time that nobody knows.
  if (ageMs === undefined || DRAWN_ID.test(id) || absences > 0 || restored === true || ambiguity?.until !== undefined) return null;
  const { sinceIntentMs, sinceFirstMs } = await restedFor(store, generation);
  if (sinceIntentMs === null || ageMs <= sinceIntentMs + OLDER_MS) return null;
  if (ambiguity?.refusedAs !== 'id-used' || sinceFirstMs === null) return 'another ledger';
  const longest = Math.max(sinceFirstMs, Date.now() - ambiguity.sentAt);
  return ageMs > longest + FAR_OLDER_MS ? 'another refused ours' : 'another ledger';
}

/** What answers to the request alone, and is another generation's by the ledger, was never this one's: ours may not show yet, or never came. */
async function isOfSibling({ store, providers }: WorkerContext, { id, account, provider }: Generation, { task }: Found): Promise<boolean> {
  const owner = await store.redis.hget(store.keys.tasks(account), providers[provider].taskKey(task));
  return owner !== null && owner !== id;
}

/** A sibling asks for the same and has no task yet: the one that was found may be its, and the answer that says so still on its way. */
async function hasSiblingSubmitting({ store }: WorkerContext, generation: Generation): Promise<boolean> {
  const request = JSON.stringify(generation.request);
  const inFlight = await store.redis.zrange(store.keys.slots(generation.account), '0', '-1');
  const others = await readGenerations(store, inFlight.filter((id) => id !== generation.id));
  return others.some((one) => one !== null && one.task === undefined && JSON.stringify(one.request) === request);
}
