/**
 * Whether today's key opens the account that another submit went to with another key: the last one that a restored backup knows of. A key that was
 * only exchanged shows that submit's task under its own mark; the key of another account does not. It must never say yes on less: absence is
 * believed on it, and then paid for.
 */
import type { Found } from '@dailies/providers';
import { type Ambiguity, type Generation, readGeneration } from '@dailies/queue';
import type { Desk, WorkerContext } from '../context.ts';
import { nonceOf } from '../submit/nonce.ts';
import { SEND_WITHIN_MS } from '../submit/send-within.ts';
import { lookUp } from './look-up.ts';

/** Shown already: thousands may be in doubt, all after the same submit. */
const shown = new Set<string>();

export async function opensAccountOf(context: WorkerContext, desk: Desk, { clientId, nonce }: NonNullable<Ambiguity['sentAs']>): Promise<boolean> {
  // The one is made with today's key, the other with that of then.
  const keys = [desk.account.id, nonceOf(desk.account, clientId), nonce].join(' ');
  if (shown.has(keys)) return true;
  const last = await readGeneration(context.store, clientId.replace(/\.\d+$/, ''));
  if (last === null || last.account !== desk.account.id || last.nonce !== nonce || last.sendBy === undefined) return false;
  const sentAt = Math.min(last.sendBy - SEND_WITHIN_MS, last.ambiguity?.sentAt ?? Number.POSITIVE_INFINITY);
  const provider = context.providers[last.provider];
  const seen = await lookUp(context, { desk: { ...desk, provider }, generation: last }, { clientId, nonce, sentAt });
  if (typeof seen !== 'object' || !isThatOne(seen, last, provider.taskKey(seen.task))) return false;
  shown.add(keys);
  return true;
}

/**
 * No other key makes that nonce. But a name is the same wherever the same prompts were sent: on an account for trials, too. There it has to be the very
 * task, and one that the backup knew: what was found since was found with today's key.
 */
function isThatOne({ by }: Found, { taskKey, ambiguity }: Generation, found: string): boolean {
  return by === 'nonce' || (by === 'client-id' && found === taskKey && ambiguity?.until === undefined);
}
