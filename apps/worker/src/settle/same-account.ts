/**
 * After a restored backup: whether the key that is configured now opens the account to which a known submit went with another key: the last one, or an
 * earlier one with the same key (the queue's operations/last-sent.ts). If the key was only exchanged for a new one, a look-up with the new key shows the
 * task of that submit, with its nonce or client id; with the key of another account it does not. It must never say yes on less: other submits are then
 * believed to be absent, and are paid for again.
 */
import type { Found } from '@dailies/providers';
import { type Ambiguity, type Generation, readGeneration } from '@dailies/queue';
import type { Upstream, WorkerContext } from '../context.ts';
import { nonceOf } from '../submit/nonce.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';
import { isUnanswered, lookUp, type Unanswered } from './look-up.ts';

/** Pairs of keys of which that was shown already: thousands of generations may be in doubt, with the same last submit before them. */
const shown = new Set<string>();

/** Unanswered: the look-up of the last submit got no answer, which says nothing of the key. Whoever asked must look again later. */
export async function opensAccountOf(
  context: WorkerContext,
  upstream: Upstream,
  { clientId, nonce }: NonNullable<Ambiguity['sentAs']>,
): Promise<boolean | Unanswered> {
  // The two nonces stand for the two keys: the first is made with the key of now, the second with that of the submit.
  const keys = [upstream.account.id, nonceOf(upstream.account, clientId), nonce].join(' ');
  if (shown.has(keys)) return true;
  const last = await readGeneration(context.store, clientId.replace(/\.\d+$/, ''));
  if (last === null || last.account !== upstream.account.id || last.nonce !== nonce || last.sendBy === undefined) return false;
  const sentAt = Math.min(last.sendBy - SEND_WITHIN_MS, last.ambiguity?.sentAt ?? Number.POSITIVE_INFINITY);
  const provider = context.providers[last.provider];
  const seen = await lookUp(context, { upstream: { ...upstream, provider }, generation: last }, { clientId, nonce, sentAt });
  if (isUnanswered(seen)) return seen;
  if (typeof seen !== 'object' || !isThatOne(seen, last, provider.taskKey(seen.task))) return false;
  shown.add(keys);
  return true;
}

/**
 * Whether the found task is that of the last known submit. A nonce proves it, since no other key makes that nonce. A client id does not: another account,
 * one for trials, has the same ids if the same prompts were sent there. So the task must be the very one that is recorded, and be the answer to that
 * submit: one that a look-up found may have been found with the key of now, and one that a person gave, in whichever account that person looked.
 */
function isThatOne({ by }: Found, { taskKey, givenTask, ambiguity }: Generation, found: string): boolean {
  return by === 'nonce' || (by === 'client-id' && found === taskKey && found !== givenTask && ambiguity === undefined);
}
