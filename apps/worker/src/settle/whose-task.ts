/**
 * Whose the task is that a look-up has found. Another submit may have made a task with our client id, or with our request. Such a task must never be
 * adopted, since its video would be taken for this generation's. And a task that an earlier submit of this generation may have made must never be
 * called another's for certain.
 */
import type { Found } from '@dailies/providers';
import { type Generation, readGenerations, restedFor } from '@dailies/queue';
import type { WorkerContext } from '../context.ts';

/** A task that is older than the submit by more than this, each by the clock of its own side, was not made by the submit. */
const OLDER_MS = 120_000;
/** A task that is older by more than this than anything ever sent for the generation is another's for certain, also with clocks that are minutes apart. */
const FAR_OLDER_MS = 600_000;
/** An id that `generationId` has made from the prompt. */
const DRAWN_ID = /^g[a-z2-7]{20}$/;

/** `another refused ours`: it is another ledger's, and the upstream has said that it refused our submit because of it. */
type Whose = 'ours' | 'another ledger' | 'another refused ours' | 'perhaps a sibling';

export async function whoseTask(context: WorkerContext, generation: Generation, found: Found): Promise<Whose> {
  const another = await ofAnotherLedger(context, generation, found);
  if (another !== null) return another;
  if (found.by !== 'request') return 'ours';
  const mayBeSiblings = (await isOfSibling(context, generation, found)) || (await hasSiblingSubmitting(context, generation));
  return mayBeSiblings ? 'perhaps a sibling' : 'ours';
}

/**
 * An id that a person chose may have named another prompt in another ledger, or in one that was deleted. The upstream then refuses our submit because
 * of that task, and the look-up finds that task. An id that was drawn from the prompt can only be of the same prompt.
 */
async function ofAnotherLedger({ store }: WorkerContext, generation: Generation, { ageMs }: Found): Promise<'another ledger' | 'another refused ours' | null> {
  const { id, absences = 0, absentUntil, ambiguity } = generation;
  // The generation was sent before in this round, or perhaps in the time that a backup has lost: the task may be of that submit, and have shown late.
  if (ageMs === undefined || DRAWN_ID.test(id) || absences > 0 || absentUntil !== undefined) return null;
  // After a restored backup it was sent at a time that nobody knows, but not before the time that is lost.
  if (ambiguity?.until !== undefined) return ageMs > Date.now() - ambiguity.sentAt + FAR_OLDER_MS ? 'another ledger' : null;
  const { sinceIntentMs, sinceFirstMs } = await restedFor(store, generation);
  if (sinceIntentMs === null) return null;
  const isRefused = ambiguity?.refusedAs === 'id-used';
  // Nothing but the submit that was refused has ever been sent, so the task is not of ours, however young it is: two ledgers may be at it at the same moment.
  const isRefusedAlone = isRefused && sinceFirstMs === sinceIntentMs;
  if (ageMs <= sinceIntentMs + OLDER_MS && !isRefusedAlone) return null;
  if (!isRefused || sinceFirstMs === null) return 'another ledger';
  const longest = Math.max(sinceFirstMs, Date.now() - ambiguity.sentAt);
  return ageMs > longest + FAR_OLDER_MS ? 'another refused ours' : 'another ledger';
}

/** Whether the ledger has given the task, which was found by its request alone, to a sibling: this generation's may not show yet, or never came. */
async function isOfSibling({ store, providers }: WorkerContext, { id, account, provider }: Generation, { task }: Found): Promise<boolean> {
  const owner = await store.redis.hget(store.keys.tasks(account), providers[provider].taskKey(task));
  return owner !== null && owner !== id;
}

/** Whether a sibling, with the same request, is in flight and has no task yet: the task may be the sibling's, whose answer is still on its way. */
async function hasSiblingSubmitting({ store }: WorkerContext, generation: Generation): Promise<boolean> {
  const request = JSON.stringify(generation.request);
  const inFlight = await store.redis.zrange(store.keys.slots(generation.account), '0', '-1');
  const others = await readGenerations(store, inFlight.filter((id) => id !== generation.id));
  return others.some((one) => one !== null && one.task === undefined && JSON.stringify(one.request) === request);
}
